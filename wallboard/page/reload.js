// SPDX-License-Identifier: MIT
/*
 * reload.js: a page that hangs on a wall for months is loaded anew each night
 * at four: what leaked is gone, what was updated is there.  Only while the
 * server answers: a wall that loads nothing stays dark.
 */

const HOUR = 4;
const LOOK = 60e3;	/* ms */

/* Has a four o'clock passed between the two?  Local times, as Dates; pure. */
export function isDue(loaded, now)
{
	const four = new Date(now);

	four.setHours(HOUR, 0, 0, 0);
	return loaded < four && now >= four;
}

export function keepReloading(mayReload)
{
	const loaded = new Date();

	setInterval(() => {
		if (isDue(loaded, new Date()) && mayReload())
			location.reload();
	}, LOOK);
}
