// A field for JSON that is checked while it is typed; an error has its line and a caret.

import { fill, h, uniqueId } from "./dom.js";
import { excerptOf, parseJson, writeJson } from "./json-text.js";

/** `{ element, value(), set(text), isValid(), focus() }`; `value()` is the text as it was typed. */
export function jsonInput({ label, text = "{}", rows = 8, isFirst = false, changed }) {
  const id = uniqueId("json");
  const problemId = uniqueId("problem");
  const area = h("textarea", {
    id,
    rows,
    "data-first": isFirst,
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    dir: "ltr",
    "aria-describedby": problemId,
  });
  const problem = h("div.problem", { id: problemId, hidden: true, "aria-live": "polite" });
  const format = h("button.quiet.small", { type: "button", onclick: pretty }, "Format");
  area.value = text;
  let result = parseJson(text);

  function check() {
    result = parseJson(area.value);
    area.removeAttribute("aria-invalid");
    problem.hidden = !result.problem;
    format.hidden = Boolean(result.problem);
    if (result.problem) {
      const { line, column, message, offset } = result.problem;
      area.setAttribute("aria-invalid", "true");
      fill(
        problem,
        h("span", null, `Line ${line}, column ${column}: ${message.replaceAll("`", "'")}`),
        h("pre", { "aria-hidden": "true" }, excerptOf(area.value, offset)),
      );
    }
    changed?.(!result.problem);
  }

  function pretty() {
    if (result.node) area.value = writeJson(result.node, 2);
    check();
    area.focus();
  }

  area.addEventListener("input", check);
  const element = h(
    "div.field.json-input",
    null,
    h("div.panel-line", null, h("label", { for: id }, label), format),
    area,
    problem,
  );
  check();
  return {
    element,
    value: () => area.value,
    set(value) {
      area.value = value;
      check();
    },
    isValid: () => !result.problem,
    focus() {
      area.focus();
      if (result.problem) area.setSelectionRange(result.problem.offset, result.problem.offset);
    },
  };
}
