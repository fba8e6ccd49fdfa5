// Durations of what still runs, counted on in the page by the server's clock.

import { setText } from "./dom.js";
import { duration } from "./format.js";

let ahead = 0;

/** Tells what time it is on the server, where it may be another than here. */
export function setServerTime(ms) {
  const difference = ms - Date.now();
  // Within a second it is the way of the answer, not the clock.
  ahead = Number.isFinite(difference) && Math.abs(difference) > 1500 ? difference : 0;
}

export function serverNow() {
  return Date.now() + ahead;
}

/** Shows in an element how long something took, or takes since `from` while `to` is null. */
export function showElapsed(element, from, to) {
  if (from === null) delete element.dataset.since;
  else if (to === null) element.dataset.since = String(from);
  else delete element.dataset.since;
  setText(element, from === null ? "" : duration((to ?? serverNow()) - from));
  return element;
}

setInterval(() => {
  if (document.hidden) return;
  const now = serverNow();
  for (const element of document.querySelectorAll("[data-since]"))
    setText(element, duration(now - Number(element.dataset.since)));
}, 1000);
