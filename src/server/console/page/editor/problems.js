// The diagnostics of a definition: each with its place, an excerpt with carets, and help.

import { fill, h } from "../dom.js";
import { count } from "../format.js";
import { stateOfPointer } from "./json-lines.js";

/** More diagnostics than these are not drawn. */
const MOST = 100;
const LONGEST = 200;

/** Draws diagnostics into an element; `go(diagnostic)` is called when the reader goes to one. */
export function drawProblems(element, diagnostics, go) {
  if (diagnostics.length === 0)
    return fill(element, h("p.ed-fine", null, h("span", { "aria-hidden": "true" }, "✓ "), "No errors, no warnings"));
  const items = diagnostics.slice(0, MOST).map((diagnostic) => {
    const { severity, code, message, line, column, pointer, help } = diagnostic;
    const isError = severity === "ERROR";
    const state = stateOfPointer(pointer ?? "");
    const excerpt = carets(diagnostic);
    return h(
      "li",
      { class: isError ? "error" : "warning" },
      h(
        "button.ed-problem",
        { type: "button", onclick: () => go(diagnostic) },
        h("span.ed-kind", null, isError ? "✕ Error" : "▲ Warning"),
        h("span.ed-at", null, `line ${line}, column ${column}`),
        state ? h("span.ed-state", { dir: "auto" }, state) : null,
        h("span.ed-message", { dir: "auto" }, short(message)),
      ),
      excerpt ? h("pre.ed-excerpt", { tabindex: 0, role: "group", "aria-label": `Line ${line}` }, excerpt) : null,
      help ? h("p.ed-help", { dir: "auto" }, `Help: ${help.replaceAll("`", "'")}`) : null,
      message.length > LONGEST
        ? h("details.ed-whole", null, h("summary", null, "The whole message"), h("p", { dir: "auto" }, message))
        : null,
      h("p.visually-hidden", null, code),
    );
  });
  return fill(
    element,
    h("ol.ed-problems", { "aria-label": summaryOf(diagnostics) }, items),
    diagnostics.length > MOST ? h("p.hint", null, `and ${diagnostics.length - MOST} more`) : null,
  );
}

export function summaryOf(diagnostics) {
  const errors = diagnostics.filter(({ severity }) => severity === "ERROR").length;
  const warnings = diagnostics.length - errors;
  return (
    [errors > 0 ? count(errors, "error") : null, warnings > 0 ? count(warnings, "warning") : null].filter(Boolean).join(", ") ||
    "No errors"
  );
}

export function hasErrors(diagnostics) {
  return diagnostics.some(({ severity }) => severity === "ERROR");
}

// Of the excerpt, the lines of the text with the carets under them: what stands around is said elsewhere.
function carets({ excerpt }) {
  const lines = (excerpt ?? "").split("\n").filter((line) => /^\s*\d*\s*\|/.test(line));
  while (lines.length > 0 && /^\s*\|\s*$/.test(lines[0])) lines.shift();
  return lines.join("\n");
}

function short(message) {
  return message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message;
}
