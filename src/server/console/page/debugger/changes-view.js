// The changes between two values: each with a sign, a colour and a word for a screen reader.

import { h } from "../dom.js";
import { bytes } from "../format.js";
import { jsonView } from "../json.js";
import { jsonText } from "./exact-json.js";
import { pathText } from "./difference.js";

const SIGNS = { added: "+", removed: "−", changed: "~" };
const LONGEST = 160;

/** A list of changes: see `difference.js`. */
export function changesView({ changes, isCut }, label) {
  return h(
    "div.dbg-changes-frame",
    null,
    h("ul.dbg-changes", { "aria-label": label }, changes.map(row)),
    isCut ? h("p.hint", null, `Only the first ${changes.length} changes are listed.`) : null,
  );
}

function row(change) {
  const { kind, path, before, after } = change;
  return h(
    "li",
    { class: kind },
    h("span.dbg-sign", { "aria-hidden": "true" }, SIGNS[kind]),
    h("span.visually-hidden", null, `${kind}: `),
    h(
      "span.dbg-change",
      null,
      h("code.dbg-path", { dir: "auto" }, pathText(path)),
      kind === "added"
        ? value(after, "new value")
        : kind === "removed"
          ? h("del", null, value(before, "old value"))
          : [
              h("del", null, value(before, "old value")),
              h("span.dbg-arrow", { "aria-label": "now" }, " → "),
              h("ins", null, value(after, "new value")),
            ],
    ),
  );
}

/** A value on one line; a long one opens. */
export function value(json, label) {
  const text = jsonText(json);
  if (text.length <= LONGEST) return h("code.dbg-value", { dir: "auto" }, text);
  const body = h("div.dbg-long");
  const details = h(
    "details.dbg-value",
    {
      ontoggle() {
        if (details.open && body.childElementCount === 0) body.append(jsonView(text, { label, isPlain: true }));
      },
    },
    h("summary", null, h("code", { dir: "auto" }, `${text.slice(0, 60)}…`), " ", h("span.muted", null, bytes(text.length))),
    body,
  );
  return details;
}
