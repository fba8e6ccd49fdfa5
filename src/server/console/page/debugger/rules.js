// The rules of a Choice that were tried.

import { h } from "../dom.js";
import { jsonText } from "./exact-json.js";
import { clipped, section } from "./pieces.js";

/** Each rule of a Choice with whether it was true; those behind the first true one were not tried. */
export function rulesSection(trace, visit, state) {
  const run = trace.runVisit(visit);
  if (visit.type !== "Choice") return null;
  if (!run)
    return visit.next
      ? section(
          "Rules",
          h(
            "p.muted",
            null,
            "The history does not say which rules were true; it went on in ",
            h("b", { dir: "auto" }, visit.next.state),
            ".",
          ),
        )
      : null;
  const choices = Array.isArray(state?.Choices) ? state.Choices : [];
  const tried = new Map(run.rules.map(({ index, isTrue }) => [index, isTrue]));
  const total = Math.max(choices.length, run.rules.length);
  const anyTrue = run.rules.some(({ isTrue }) => isTrue);
  const rows = Array.from({ length: total }, (_, index) => {
    const { Next: next, Assign: _assign, Output: _output, Comment: _comment, ...rule } = choices[index] ?? {};
    const tone = tried.has(index) ? (tried.get(index) ? "true" : "false") : "untried";
    return h(
      "li",
      { class: tone },
      h("span.dbg-truth", null, { true: "✓ true", false: "✕ false", untried: "not tried" }[tone]),
      h("code", { dir: "auto" }, clipped(typeof rule.Condition === "string" ? rule.Condition : jsonText(rule))),
      next ? h("span.dbg-next", { dir: "auto" }, `→ ${next}`) : null,
    );
  });
  if (state?.Default)
    rows.push(
      h(
        "li",
        { class: anyTrue ? "untried" : "true" },
        h("span.dbg-truth", null, anyTrue ? "not taken" : "✓ taken"),
        h("span", null, "Default"),
        h("span.dbg-next", { dir: "auto" }, `→ ${state.Default}`),
      ),
    );
  return section("Rules", h("ol.dbg-rules", null, rows));
}
