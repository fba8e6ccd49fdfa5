// Two runs of a machine beside each other: the paths, the first difference, the ends, the diagrams.

import { DiagramView } from "../diagram.js";
import { fill, h } from "../dom.js";
import { count, duration } from "../format.js";
import { jsonView } from "../json.js";
import { statusBadge } from "../status.js";
import { isSame } from "./difference.js";
import { jsonText } from "./exact-json.js";
import { drawPath } from "./paths.js";
import { placeOf } from "./trace.js";

/** Rows after the first difference that are drawn at once. */
const PAGE = 100;

export class Comparison {
  /** `look(which, visit)` is called when the reader wants to see a visit of "base" or "other". */
  constructor(look) {
    this.look = look;
    this.diagrams = {
      base: new DiagramView({ label: "Diagram of what happened" }),
      other: new DiagramView({ label: "Diagram of the run with other answers" }),
    };
    this.body = h("div");
    this.drawings = h(
      "div.dbg-pair",
      null,
      ["base", "other"].map((which) =>
        h("figure.dbg-drawing", null, h("figcaption", null, names[which]), this.diagrams[which].element),
      ),
    );
    this.element = h("div.dbg-compare", null, this.body, this.drawings);
  }

  draw(diagram) {
    this.drawings.hidden = diagram === null;
    if (diagram) for (const view of Object.values(this.diagrams)) view.draw(diagram);
    this.hasDiagram = diagram !== null;
  }

  show(base, other) {
    const first = firstDifference(base, other);
    fill(this.body, ends(base, other), this.#paths(base, other, first));
    if (!this.hasDiagram) return;
    for (const [which, trace] of Object.entries({ base, other })) {
      drawPath(this.diagrams[which], trace, trace.size - 1);
      const at = trace.history.visits[first]?.state;
      this.diagrams[which].classify("dbg-first", new Set(at ? [at] : []));
      if (at) this.diagrams[which].reveal(at);
    }
  }

  close() {
    for (const view of Object.values(this.diagrams)) view.close();
  }

  #paths(base, other, first) {
    const paths = { base: base.history.visits, other: other.history.visits };
    const total = Math.max(paths.base.length, paths.other.length);
    const isAlike = first >= total;
    const from = Math.max(0, Math.min(first, total) - 2);
    const body = h("tbody");
    let drawn = from;
    const more = h("button.quiet.small", { type: "button", onclick: () => append() });
    const append = () => {
      const until = Math.min(total, drawn + PAGE);
      for (; drawn < until; drawn += 1) body.append(this.#row(base, other, drawn, first));
      more.hidden = drawn >= total;
      more.textContent = `${(total - drawn).toLocaleString("en")} more`;
    };
    append();
    const lead = isAlike
      ? `Both take the same path of ${count(total, "state")}.`
      : first === 0
        ? "They differ from the first state on."
        : `The first ${first === 1 ? "state is" : `${count(first, "state")} are`} the same; then they part.`;
    return h(
      "section",
      { "aria-label": "Paths" },
      h("p.dbg-lead", null, lead),
      h(
        "div.table-frame",
        null,
        h(
          "table.dbg-paths",
          null,
          h(
            "thead",
            null,
            h(
              "tr",
              null,
              h("th", { scope: "col" }, "#"),
              h("th", { scope: "col" }, names.base),
              h("th", { scope: "col" }, names.other),
            ),
          ),
          body,
        ),
      ),
      more,
    );
  }

  #row(base, other, index, first) {
    const isFirst = index === first;
    return h(
      "tr",
      { class: isFirst && "first" },
      h(
        "td.number.muted",
        null,
        (index + 1).toLocaleString("en"),
        isFirst ? h("span.visually-hidden", null, ", the first difference") : null,
      ),
      [
        ["base", base],
        ["other", other],
      ].map(([which, trace]) => {
        const visit = trace.history.visits[index];
        if (!visit) return h("td.muted", null, "–");
        const place = placeOf(visit);
        return h(
          "td",
          null,
          isFirst ? h("span.dbg-mark", { "aria-hidden": "true" }, "≠ ") : null,
          h("button.link", { type: "button", dir: "auto", onclick: () => this.look(which, visit) }, visit.state),
          " ",
          statusBadge(visit.status),
          place ? h("span.muted", null, ` ${place}`) : null,
          isFirst && isOtherData(base, other, index) ? h("span.muted", null, " other data") : null,
          visit.error && visit.status !== "succeeded" ? h("span.dbg-error", { dir: "auto" }, ` ${visit.error}`) : null,
        );
      }),
    );
  }
}

const names = { base: "What happened", other: "With other answers" };

/** The place of the first visits that differ: another state, another end, other data; the length of both where none does. */
function firstDifference(base, other) {
  const one = base.history.visits;
  const two = other.history.visits;
  const length = Math.min(one.length, two.length);
  for (let i = 0; i < length; i += 1) {
    if (
      one[i].state !== two[i].state ||
      one[i].status !== two[i].status ||
      placeOf(one[i]) !== placeOf(two[i]) ||
      one[i].attempts.length !== two[i].attempts.length
    )
      return i;
    if (one[i].output !== two[i].output && !isSame(outputOf(base, one[i]), outputOf(other, two[i]))) return i;
  }
  return length;
}

function isOtherData(base, other, index) {
  const [one, two] = [base, other].map((trace) => trace.history.visits[index]);
  return (
    one !== undefined &&
    two !== undefined &&
    one.state === two.state &&
    one.status === two.status &&
    one.attempts.length === two.attempts.length
  );
}

function outputOf(trace, visit) {
  return trace.runVisit(visit)?.stages.at(-1)?.value ?? visit.output;
}

function ends(base, other) {
  const isSameOutput =
    base.run.status === "SUCCEEDED" && other.run.status === "SUCCEEDED" && isSame(base.run.output, other.run.output);
  return h(
    "div.dbg-pair",
    null,
    [
      ["base", base],
      ["other", other],
    ].map(([which, { run }]) =>
      h(
        "section.dbg-end",
        { "aria-label": names[which] },
        h(
          "div.dbg-end-head",
          null,
          h("h3", null, names[which]),
          statusBadge(run.status),
          h("span.muted", null, duration(run.elapsed)),
        ),
        run.error
          ? h("p.dbg-error", { dir: "auto" }, h("b", null, run.error), run.cause ? `: ${run.cause.slice(0, 400)}` : "")
          : null,
        run.status !== "SUCCEEDED"
          ? null
          : which === "other" && isSameOutput
            ? h("p.muted", null, "The output is the same.")
            : jsonView(jsonText(run.output), {
                label: `Output: ${names[which]}`,
                isPlain: true,
                against: which === "other" && base.run.status === "SUCCEEDED" ? jsonText(base.run.output) : null,
              }),
      ),
    ),
  );
}
