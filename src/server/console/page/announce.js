// What a screen reader is told, and for a moment everybody: in a live region that stays in the page.

import { setText } from "./dom.js";

let timer = 0;

/** Says something in passing, as "Copied". */
export function announce(text) {
  const region = document.getElementById("announcement");
  if (!region) return;
  // The same text twice would not be spoken again.
  setText(region, region.textContent === text ? `${text}\u00a0` : text);
  region.classList.add("shown");
  clearTimeout(timer);
  timer = setTimeout(() => region.classList.remove("shown"), 2500);
}
