// SPDX-License-Identifier: MIT
/*
 * sound.js: one soft tone of half a second when a queue turns late, and none
 * while it stays so.  Off until ?sound=1 or the key s.  A browser lets nobody
 * make a sound before somebody touched the page; then a chip says so.
 */

const HERTZ = 660, LOUD = 0.25, LASTS = 0.5;	/* s */

export function makeSound(chip, t)
{
	let context = null, on = false, played = 0;

	function show()
	{
		const blocked = on && context?.state === "suspended";

		chip.hidden = !on;
		chip.textContent = on ? t(blocked ? "sound_blocked" : "sound_on") : "";
		chip.toggleAttribute("data-blocked", blocked);
		chip.dataset.played = played;
	}

	function wake()
	{
		context ??= new AudioContext();
		context.onstatechange = show;
		context.resume().then(show, show);
	}

	/* It swells and fades: a click at its ends would startle. */
	function tone()
	{
		const now = context.currentTime;
		const voice = context.createOscillator(), loudness = context.createGain();

		voice.frequency.value = HERTZ;
		loudness.gain.setValueAtTime(0, now);
		loudness.gain.linearRampToValueAtTime(LOUD, now + 0.05);
		loudness.gain.linearRampToValueAtTime(0, now + LASTS);
		voice.connect(loudness).connect(context.destination);
		voice.start(now);
		voice.stop(now + LASTS);
	}

	function set(wanted)
	{
		on = wanted;
		if (on)
			wake();
		show();
	}

	return {
		set,
		/* The first s wakes one that is blocked, the next turns it off. */
		toggle() {
			set(!on || context?.state === "suspended");
			return on;
		},
		late() {
			if (!on || context?.state !== "running")
				return;
			tone();
			played++;
			show();
		},
	};
}
