// What is known of one visit of a state at a step: rules that were tried, attempts, the stages of its data, variables.

import { fill, h, icon } from "../dom.js";
import { bytes, count, duration, offset } from "../format.js";
import { jsonView } from "../json.js";
import { statusBadge } from "../status.js";
import { variablesAt } from "../visits.js";
import { attemptsSection } from "./attempts.js";
import { changesView } from "./changes-view.js";
import { differenceOf } from "./difference.js";
import { stateIn } from "./definition.js";
import { jsonText } from "./exact-json.js";
import { clipped, section } from "./pieces.js";
import { rulesSection } from "./rules.js";
import { assignedOf, isWorkDone, stageWords, stagesOf, variablesOf } from "./stages.js";
import { placeOf } from "./trace.js";

/** A value as short as this is shown at once. */
const SHORT = 160;

export class VisitPanel {
  /** `answer(call)` is called when the reader wants to answer a call otherwise, `choose(visit)` when another visit is wanted. */
  constructor({ answer, choose }) {
    this.answer = answer;
    this.choose = choose;
    /** By name of the stage: whether the reader has opened or closed it, and whether it is shown whole. */
    this.opened = new Map();
    this.whole = new Set();
    this.element = h("div.dbg-visit");
  }

  show(trace, step, visit, definition) {
    if (!visit) {
      fill(
        this.element,
        h(
          "p.none",
          null,
          trace.size === 0 ? "There is no event yet." : "This event is of the execution itself. Step on, or choose a state.",
        ),
        execution(trace, step),
      );
      return;
    }
    const status = trace.statusAt(visit, step);
    const found = stateIn(definition, visit.state);
    fill(
      this.element,
      this.#head(trace, step, visit, status),
      status === null ? h("p.notice", null, "At this event the state has not begun yet. What follows is what will come.") : null,
      rulesSection(trace, visit, found?.state),
      attemptsSection(trace, step, visit, this.answer),
      failure(trace, step, visit),
      this.#stages(trace, step, visit),
      this.#variables(trace, visit, step),
    );
  }

  #head(trace, step, visit, status) {
    const visits = trace.history.visitsOf(visit.state);
    const at = visits.indexOf(visit);
    const other = (index, label, name) =>
      h(
        "button.quiet.small",
        {
          type: "button",
          "aria-label": label,
          title: label,
          disabled: !visits[index],
          onclick: () => this.choose(visits[index]),
        },
        icon(name),
      );
    const took = visit.ended === null || !isWorkDone(trace, visit, step) ? null : visit.ended - visit.entered;
    return h(
      "div.dbg-visit-head",
      null,
      h("h2", { dir: "auto" }, visit.state),
      status ? statusBadge(status) : h("span.pill", null, "to come"),
      h(
        "dl.facts",
        null,
        fact("Type", visit.type),
        placeOf(visit) ? fact("In", placeOf(visit)) : null,
        fact("Entered", offset(visit.entered - trace.started)),
        took === null ? null : fact("Took", duration(took)),
      ),
      visits.length > 1
        ? h(
            "div.dbg-visits",
            null,
            other(at - 1, "The visit before", "left"),
            h("span.muted", null, `visit ${(at + 1).toLocaleString("en")} of ${visits.length.toLocaleString("en")}`),
            other(at + 1, "The visit after", "right"),
          )
        : null,
    );
  }

  #stages(trace, step, visit) {
    const isDone = isWorkDone(trace, visit, step);
    const stages = stagesOf(trace, visit);
    const shown = stages.filter(({ isLate }) => isDone || !isLate);
    const later = stages.filter(({ isLate }) => !isDone && isLate);
    return section(
      "Data",
      this.#list(shown, shown.length - 1),
      later.length > 0
        ? h(
            "details.dbg-later",
            {
              open: this.opened.get("later") ?? false,
              ontoggle: (event) => {
                if (event.target === event.currentTarget) this.opened.set("later", event.target.open);
              },
            },
            h("summary", null, `Comes later: ${later.map(({ stage }) => stageWords(stage).label).join(", ")}`),
            this.#list(later),
          )
        : null,
    );
  }

  // Stages that change nothing stand together on one line.
  #list(stages, opened = -1) {
    const rows = [];
    let same = null;
    stages.forEach((stage, index) => {
      const difference = stage.against ? differenceOf(stage.against.value, stage.value) : null;
      const { label } = stageWords(stage.stage);
      if (difference?.kind !== "same") {
        same = null;
        rows.push(this.#stage(stage, difference, index === opened));
      } else if (same !== null && stages[index - 1].stage === stage.against.stage) same.append(", ", h("b", null, label));
      else {
        same = h("span", null, h("b", null, label));
        rows.push(
          h(
            "p.dbg-same",
            null,
            same,
            h("span.dbg-equal", { "aria-hidden": "true" }, "="),
            ` the same as ${stageWords(stage.against.stage).label}`,
          ),
        );
      }
    });
    return h("div.dbg-stages", null, rows);
  }

  #stage({ stage, value, against }, difference, isOpenAtFirst) {
    const { label, what } = stageWords(stage);
    const from = against ? stageWords(against.stage).label : "";
    const text = jsonText(value);
    const body = h("div.dbg-stage-body");
    const hasList = difference?.kind === "changed";
    const summary = hasList
      ? `${count(difference.changes.length, "change")}${difference.isCut ? " and more" : ""} against ${from}`
      : difference
        ? `another value than ${from}`
        : bytes(text.length);
    const draw = () => {
      const isWhole = !hasList || this.whole.has(stage);
      const toggle = hasList
        ? h(
            "button.quiet.small",
            {
              type: "button",
              "aria-pressed": String(isWhole),
              onclick: () => {
                if (!this.whole.delete(stage)) this.whole.add(stage);
                draw();
                body.querySelector("[aria-pressed]")?.focus();
              },
            },
            "Whole value",
          )
        : null;
      fill(
        body,
        h("p.hint.dbg-what", null, `${what}.`, " ", toggle),
        isWhole
          ? jsonView(text, { label, against: hasList ? jsonText(against.value) : null })
          : changesView(difference, `${label}: changes against ${from}`),
      );
    };
    const details = h(
      "details.dbg-stage",
      {
        open: this.opened.get(stage) ?? (isOpenAtFirst || hasList || text.length <= SHORT),
        ontoggle: (event) => {
          if (event.target !== details) return;
          if (details.open && body.childElementCount === 0) draw();
          if (details.dataset.drawn) this.opened.set(stage, details.open);
          details.dataset.drawn = "";
        },
      },
      h("summary", null, h("b", null, label), h("span.muted", null, summary)),
      body,
    );
    if (details.open) draw();
    else details.dataset.drawn = "";
    return details;
  }

  #variables(trace, visit, step) {
    const seen = variablesOf(trace, visit, trace.run ? new Map() : variablesAt(visit));
    const assigned = isWorkDone(trace, visit, step) ? assignedOf(trace, visit) : {};
    const hasSeen = Object.keys(seen).length > 0;
    const hasAssigned = Object.keys(assigned).length > 0;
    if (!hasSeen && !hasAssigned) return null;
    const changes = Object.entries(assigned).map(([name, after]) =>
      Object.hasOwn(seen, name)
        ? { kind: "changed", path: [name], before: seen[name], after }
        : { kind: "added", path: [name], after },
    );
    return section(
      "Variables",
      hasSeen ? jsonView(jsonText(seen), { label: "Variables that the state sees" }) : h("p.muted", null, "The state sees none."),
      hasAssigned ? [h("h4", null, "Assigned by it"), changesView({ changes, isCut: false }, "Assigned variables")] : null,
    );
  }
}

function fact(term, value) {
  return h("div", null, h("dt", null, term), h("dd", null, value));
}

function failure(trace, step, visit) {
  const end = trace.runVisit(visit)?.end;
  const isOver = isWorkDone(trace, visit, step);
  if (!isOver) return null;
  if (end?.kind === "caught")
    return h(
      "p.dbg-caught",
      null,
      `Catcher ${end.catcher + 1} takes the error: it goes on in `,
      h("b", { dir: "auto" }, end.next),
      ".",
    );
  if (end?.kind === "catcherFailed")
    return h(
      "div.problem",
      null,
      h(
        "p",
        { dir: "auto" },
        `Catcher ${end.catcher + 1} failed: `,
        h("b", null, end.error ?? ""),
        end.cause ? [": ", clipped(end.cause)] : null,
      ),
    );
  // An attempt tells its own error; a state may fail without one, or with what an attempt gave.
  const { attempts } = trace.runVisit(visit) ?? visit;
  if (visit.error && !attempts.some(({ error }) => error === visit.error))
    return h(
      "div.problem",
      null,
      h("p", { dir: "auto" }, h("b", null, visit.error), visit.cause ? [": ", clipped(visit.cause)] : null),
    );
  return null;
}

function execution(trace, step) {
  const event = trace.event(step);
  const details = event && Object.entries(event).find(([name]) => name.endsWith("EventDetails"))?.[1];
  return details && Object.keys(details).length > 0
    ? section("What the event says", jsonView(jsonText(details), { label: event.type }))
    : null;
}
