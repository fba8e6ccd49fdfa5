// The parts of the selected state: its data, attempts, variables, definition and events.
//
// Each is { element, show(visit, state) } and is drawn anew only where what it shows has changed.

import { fill, h, setText } from "../dom.js";
import { count, dateTime, duration, offset, timeOfDay } from "../format.js";
import { jsonView } from "../json.js";
import { statusBadge } from "../status.js";
import { showElapsed } from "../ticker.js";
import { variablesAt } from "../visits.js";
import { stateDefinition } from "./definition.js";
import { errorBlock, fact, lazyDetails } from "./pieces.js";

// A part that is redrawn only where what it shows has changed.
function part(build) {
  const element = h("div.inspector-part");
  let drawn = null;
  return {
    element,
    show(visit, state) {
      const { key, content } = build(visit, state);
      if (key === drawn) return;
      drawn = key;
      fill(element, content());
    },
  };
}

export function dataPart(model) {
  const element = h("div.inspector-part");
  const times = h("dl.facts");
  const sections = ["error", "input", "sent", "result", "output"].map((name) => ({ name, element: h("div"), key: null }));
  const none = h("p.none", { hidden: true }, "This state was not visited.");
  element.append(none, times, ...sections.map((section) => section.element));
  const builders = {
    error: (visit) =>
      visit.error === null && visit.cause === null
        ? null
        : h(
            "div.problem",
            null,
            visit.isCaught ? h("p", null, "An error was caught here:") : null,
            errorBlock(visit.error, visit.cause, { isBrief: true }),
          ),
    input: (visit) => section("Input", jsonView(visit.input, { label: "Input" })),
    sent: (visit) => {
      const sent = visit.attempts.at(-1)?.input;
      return sent === undefined || sent === null || sent === visit.input
        ? null
        : lazyDetails("Sent to the task", () => jsonView(sent, { label: "Sent to the task" }));
    },
    result: (visit) => {
      const result = visit.attempts.at(-1)?.output;
      return result === undefined || result === null || result === visit.output
        ? null
        : lazyDetails("Result of the task", () => jsonView(result, { label: "Result of the task" }));
    },
    output: (visit) => outputSection(visit),
  };
  return {
    element,
    /** A state in a distributed Map is visited, but not by this execution. */
    tellWhyNot(state) {
      const map = mapRunAround(model, state);
      setText(
        none,
        map === null
          ? "This state was not visited."
          : `This state runs in the child executions of \u201c${map}\u201d: see Map Runs.`,
      );
    },
    show(visit) {
      none.hidden = visit !== null;
      fill(
        times,
        visit
          ? [
              fact("Began", dateTime(visit.entered)),
              fact("after", offset(visit.entered - (model.times.started ?? visit.entered))),
              fact("Ended", visit.ended === null ? null : timeOfDay(visit.ended)),
              fact("Redriven", visit.redrives > 0 ? count(visit.redrives, "time") : null),
            ]
          : null,
      );
      for (const place of sections) {
        const key = visit
          ? JSON.stringify([
              visit.index,
              visit.error,
              visit.cause,
              place.name === "output" ? [visit.status, visit.output] : visit.attempts.length,
              visit.attempts.at(-1)?.status,
            ])
          : "";
        if (key === place.key) continue;
        // An input never changes: it is not drawn again while its visit goes on.
        if (place.name === "input" && place.visit === visit) continue;
        place.key = key;
        place.visit = visit;
        fill(place.element, visit ? builders[place.name](visit) : null);
      }
    },
  };
}

// The state around this one that has a Map Run, or null.
function mapRunAround(model, state) {
  const nodes = model.diagram?.nodes ?? [];
  const runs = new Set([...model.history.mapRuns.values()].map((visit) => visit.state));
  for (let at = nodes.find(({ name }) => name === state); at; at = nodes[at.within]) {
    if (at.name !== state && runs.has(at.name)) return at.name;
  }
  return null;
}

function outputSection(visit) {
  if (visit.output === null) return visit.status === "running" ? section("Output", h("p.none", null, "not yet")) : null;
  const same = visit.output === visit.input;
  const holder = h("div");
  let isDiff = false;
  const toggle = same
    ? null
    : h(
        "button.quiet.small",
        {
          type: "button",
          "aria-pressed": "false",
          onclick() {
            isDiff = !isDiff;
            toggle.setAttribute("aria-pressed", String(isDiff));
            draw();
          },
        },
        "Mark what changed",
      );
  const draw = () => fill(holder, jsonView(visit.output, { label: "Output", against: isDiff ? visit.input : null }));
  draw();
  return section("Output", same ? [h("p.hint", null, "The same as the input."), holder] : holder, toggle);
}

function section(name, content, aside) {
  return h("div.data-section", null, h("div.panel-line", null, h("h3", null, name), aside ?? null), content);
}

export function attemptsPart() {
  return part((visit) => ({
    key: visit
      ? JSON.stringify([
          visit.index,
          visit.status,
          visit.attempts.map(({ status, started, submitted }) => [status, started, submitted]),
        ])
      : "",
    content: () =>
      !visit || visit.attempts.length === 0
        ? h("p.none", null, visit ? "A state of this type has no attempts." : "This state was not visited.")
        : h(
            "ol.attempts",
            null,
            visit.attempts.map((attempt) => attemptItem(attempt, visit)),
          ),
  }));
}

function attemptItem(attempt, visit) {
  const { number, status, delay, isRedriven } = attempt;
  return h(
    "li.attempt",
    null,
    delay !== null
      ? h("p.attempt-gap", null, isRedriven ? `redriven ${duration(delay)} later` : `tried again after ${duration(delay)}`)
      : null,
    h(
      "div.buttons",
      null,
      h("strong", null, visit.attempts.length > 1 ? `Attempt ${number}` : "The only attempt"),
      statusBadge(status),
      showElapsed(h("span.number"), attempt.began, attempt.ended),
    ),
    h(
      "dl.facts",
      null,
      fact("Began", timeOfDay(attempt.began)),
      fact("Started", attempt.started === null ? null : timeOfDay(attempt.started)),
      fact("Timeout", attempt.timeout === null ? null : `${attempt.timeout} s`),
      fact("Heartbeat", attempt.heartbeat === null ? null : `${attempt.heartbeat} s`),
      fact("Worker", attempt.worker),
      fact("Items", attempt.length),
    ),
    attempt.resource ? h("p.mono.resource", null, attempt.resource) : null,
    attempt.error !== null || attempt.cause !== null ? errorBlock(attempt.error, attempt.cause) : null,
    attempt.input !== null ? lazyDetails("Sent", () => jsonView(attempt.input, { label: `Sent in attempt ${number}` })) : null,
    attempt.submitted !== null
      ? lazyDetails("Answer to the submission", () => jsonView(attempt.submitted, { label: "Answer to the submission" }))
      : null,
    attempt.output !== null
      ? lazyDetails("Result", () => jsonView(attempt.output, { label: `Result of attempt ${number}` }))
      : null,
  );
}

export function variablesPart(model) {
  return part((visit) => ({
    key: visit ? JSON.stringify([visit.index, visit.exitedId]) : "",
    content: () => {
      if (!visit) return h("p.none", null, "This state was not visited.");
      const assigned = Object.entries(visit.assigned ?? {});
      const before = variablesAt(visit);
      if (assigned.length === 0 && before.size === 0) return h("p.none", null, "No variable is set here, and none before.");
      return [
        assigned.length > 0
          ? section(
              "Assigned here",
              assigned.map(([name, text]) => variable(name, text, before.get(name)?.text ?? null)),
            )
          : null,
        before.size > 0
          ? section(
              "Set before",
              [...before].map(([name, { text, by }]) =>
                variable(name, text, null, h("button.link", { type: "button", onclick: () => model.selectVisit(by) }, by.state)),
              ),
            )
          : null,
      ];
    },
  }));
}

function variable(name, text, before, by) {
  return h(
    "div.variable",
    null,
    h("p", null, h("code", null, `$${name}`), by ? [" from ", by] : null),
    jsonView(text, { label: `Variable ${name}`, against: before, isPlain: true }),
  );
}

export function definitionPart(model) {
  return part((visit, state) => ({
    key: `${state} ${model.definition !== null}`,
    content: () =>
      model.definition === null
        ? h("p.none", null, "The definition is not there yet.")
        : stateDefinition(model.definition, state),
  }));
}

export function eventsPart(model, showEvent) {
  return part((visit) => ({
    key: visit ? `${visit.index} ${visit.events.length}` : "",
    content: () =>
      !visit
        ? h("p.none", null, "This state was not visited.")
        : h(
            "ol.event-links",
            null,
            visit.events.map((id) => {
              const event = model.history.events[id];
              return h(
                "li",
                null,
                h("button.link", { type: "button", onclick: () => showEvent(id) }, `${id} ${event.type}`),
                " ",
                h("span.muted.number", null, offset(event.timestamp * 1000 - (model.times.started ?? 0))),
              );
            }),
          ),
  }));
}
