// SPDX-License-Identifier: MIT
/*
 * states.js: agents in order: the states in which work is done first.  Pure.
 */

export const STATES = ["on_contact", "on_hold", "ringing", "available", "acw", "paused", "offline"];

const longest = (a, b) => (a.state_since_epoch_ms ?? 0) - (b.state_since_epoch_ms ?? 0)
	|| a.name.localeCompare(b.name);

/* state -> its agents, those first who have been in it longest; none is left
 * out: a state we do not know counts as offline. */
export function byState(agents)
{
	const groups = new Map(STATES.map((state) => [state, []]));

	for (const agent of agents)
		(groups.get(agent.state) ?? groups.get("offline")).push(agent);
	for (const group of groups.values())
		group.sort(longest);
	return groups;
}

/* Seconds in the state, or null. */
export function inState(agent, now)
{
	return agent.state_since_epoch_ms === null ? null
		: Math.max(0, now - agent.state_since_epoch_ms) / 1000;
}
