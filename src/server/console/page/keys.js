// Keys that work everywhere in the page, and the dialog that lists them.

import { h } from "./dom.js";
import { openDialog } from "./dialog.js";

const KEYS = [
  [["/"], "Go to the filter"],
  [["?"], "Show these keys"],
  [["f"], "In an execution: go to the failure"],
  [["["], "In an execution: the visit before"],
  [["]"], "In an execution: the visit after"],
  [["↑", "↓"], "Rows of a table, states of a diagram"],
  [["Enter"], "Open the row, choose the state"],
  [["→", "←"], "Open and close a row or a part of JSON"],
  [["+", "−", "0"], "In a diagram: zoom in, out, fit"],
  [["c"], "In a list of executions: mark to compare"],
];

let isOpen = false;

export async function showKeys() {
  if (isOpen) return;
  isOpen = true;
  const rows = KEYS.map(([keys, what]) => [
    h(
      "dt",
      null,
      keys.map((key) => [h("kbd", null, key), " "]),
    ),
    h("dd", null, what),
  ]);
  await openDialog({ title: "Keys", body: h("dl.keys-list", null, rows) });
  isOpen = false;
}

/** Listens for keys; `view()` is the view that is shown: it may have `focusFilter()` and `key(event)`. */
export function listenToKeys(view) {
  window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "?") showKeys();
    else if (event.key === "/") {
      if (!view()?.focusFilter?.()) return;
    } else if (!view()?.key?.(event)) return;
    event.preventDefault();
  });
}

function isTyping(element) {
  return (
    element instanceof HTMLElement && (element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName))
  );
}
