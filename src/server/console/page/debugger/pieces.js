// Small parts that several panels have.

import { h } from "../dom.js";

/** A part of a panel with its title. */
export function section(title, ...children) {
  return h("section.dbg-section", { "aria-label": title }, h("h3", null, title), children);
}

/** A long text, of which the beginning is seen at first. */
export function clipped(text) {
  const whole = String(text);
  if (whole.length <= 300) return whole;
  return h("details.dbg-clipped", null, h("summary", null, `${whole.slice(0, 200)}…`), h("span", null, whole.slice(200)));
}
