// Why an execution did not succeed, in plain words: which state, what happened there, and how it came to that.

import { copyButton } from "../copy.js";
import { fill, h, icon } from "../dom.js";
import { count, duration, millis, nameOfArn, resourceName } from "../format.js";
import { detailsOf } from "../events.js";
import { parseJson } from "../json-text.js";
import { link } from "../router.js";
import { iterationsAround, originOf } from "../visits.js";
import { errorBlock } from "./pieces.js";

/** A box that is empty while nothing failed. `select(visit)` jumps to a state. */
export function failureBox(model, select) {
  const element = h("section.failure", { "aria-label": "What failed", hidden: true });
  let drawn = null;

  function update() {
    const { history, description, isRunning } = model;
    const status = description?.status;
    const hasEnded = !isRunning && status !== "SUCCEEDED";
    // The description may be ahead of the history: the box waits for both.
    const end = hasEnded ? history.end : null;
    const key = end ? `${end.id} ${status}` : null;
    if (key === drawn) return;
    drawn = key;
    element.hidden = key === null;
    if (key === null) return fill(element);
    fill(element, content(model, end, select));
  }

  return { element, update, origin: () => model.history.failed() };
}

function content(model, end, select) {
  const { error = null, cause = null } = detailsOf(end) ?? {};
  const visit = model.history.failed();
  const { headline, more } = words(model, end, visit, select);
  const jump = visit ? h("button.secondary", { type: "button", onclick: () => select(visit) }, "Show the state") : null;
  const before = visit?.type === "Fail" ? caughtBefore(visit) : null;
  return [
    h(
      "div.failure-head",
      null,
      icon("alert"),
      h("h2", null, headline),
      h(
        "div.buttons",
        null,
        jump,
        copyButton(() => [headlineText(end, visit), error, cause].filter(Boolean).join("\n"), "Copy what failed"),
      ),
    ),
    more ? h("p", null, more) : null,
    error !== null || cause !== null ? errorBlock(error, cause) : null,
    childLine(cause),
    before ? beforeBlock(before, cause, select) : null,
  ];
}

// What led to a Fail state: the state that had failed before, where its error began, and the error.
function beforeBlock(before, cause, select) {
  const origin = originOf(before);
  const inside =
    origin !== before
      ? [
          " (in ",
          stateLink(origin, select),
          iterationsAround(origin).map(({ state, index }) => [
            ", iteration ",
            String(index),
            " of ",
            h("q", { dir: "auto" }, state),
          ]),
          ")",
        ]
      : null;
  const tries = origin.attempts.length > 1 ? `, after ${origin.attempts.length} attempts` : "";
  const isTold = before.cause === null || before.cause === cause;
  return h(
    "div.failure-before",
    null,
    h(
      "p",
      null,
      "It came here because ",
      stateLink(before, select),
      inside,
      " had failed before, with ",
      h("code", null, before.error ?? "an error"),
      tries,
      isTold ? "." : ":",
    ),
    isTold ? null : errorBlock(null, before.cause, { isBrief: true }),
    childLine(before.cause),
  );
}

function childLine(cause) {
  const child = childOf(cause);
  return child
    ? h(
        "p",
        null,
        "The execution that it had started did not succeed: ",
        h("a", { href: link("executions", child.arn), dir: "auto" }, child.name),
        ".",
      )
    : null;
}

function words(model, end, visit, select) {
  const took = model.times.stopped === null ? "" : duration(model.times.stopped - model.times.started);
  if (end.type === "ExecutionAborted")
    return { headline: "The execution was stopped", more: runningWords(model, end, select, ["When it was stopped after", took]) };
  if (end.type === "ExecutionTimedOut")
    return {
      headline: "The execution took longer than it may",
      more: runningWords(model, end, select, ["When its time was over, after", took]),
    };
  if (!visit) return { headline: "The execution failed", more: null };
  const attempts = visit.attempts.length;
  const last = visit.attempts.at(-1);
  const place = iterationsAround(visit).map(({ state, index }) => [`iteration ${index} of `, h("q", { dir: "auto" }, state)]);
  const where = place.length > 0 ? ["It was in ", place.map((part, i) => [i > 0 ? ", in " : "", part]), ". "] : [];
  const resource = last?.resource ? [h("code", null, resourceName(last.resourceType, last.resource)), " was called"] : null;
  const tries =
    visit.type === "Task" && resource
      ? [
          resource,
          attempts > 1 ? ` ${attempts} times in ${duration((last.ended ?? last.began) - visit.attempts[0].began)}` : " once",
          outcomeWords(visit),
        ]
      : [];
  const location = visit.location ? ["The expression is in ", h("code", null, visit.location), ". "] : [];
  const more = [...where, ...tries, ...location];
  return { headline: [h("q", { dir: "auto" }, visit.state), ` ${verb(visit, end)}`], more: more.length > 0 ? more : null };
}

// A task may have been answered well, and its state have failed with what it was given.
function outcomeWords({ attempts, redrives }) {
  if (attempts.at(-1).status === "succeeded") return ", and succeeded: the state failed with the result. ";
  if (attempts.length > 1) return ", and failed each time. ";
  return redrives > 0 ? ". " : ". No Retrier took the error. ";
}

function verb(visit, end) {
  const { error } = detailsOf(end) ?? {};
  if (visit.type === "Fail") return "ended the execution: it is a Fail state";
  if (error === "States.HeartbeatTimeout" || (error === "States.Timeout" && isSilent(visit.attempts.at(-1))))
    return "gave no heartbeat in time";
  if (error === "States.Timeout") return "took longer than its timeout";
  if (visit.location || error === "States.QueryEvaluationError") return "has an expression that could not be evaluated";
  if (error === "States.Runtime") return "could not go on with its data";
  if (error === "States.DataLimitExceeded") return "made more data than is allowed";
  return "failed";
}

// A lost heartbeat has the error of a timeout; what was over tells them apart.
function isSilent(attempt) {
  return Boolean(attempt?.heartbeat) && attempt.ended - attempt.began < (attempt.timeout ?? Infinity) * 1000;
}

function headlineText(end, visit) {
  return visit ? `${visit.state} ${verb(visit, end)}` : end.type;
}

function runningWords(model, end, select, [begin, took]) {
  // Others may have been aborted before, by a failure that was caught or tried again.
  const at = millis(end.timestamp);
  const innermost = model.history.visits.filter(
    ({ status, ended, scopes }) => (status === "aborted" || status === "timedOut") && ended === at && scopes.length === 0,
  );
  if (innermost.length === 0) return took ? `${begin} ${took}, no state was running.` : null;
  const names = [...new Map(innermost.map((visit) => [visit.state, visit])).values()];
  const shown = names.slice(0, 5).map((visit, i) => [i > 0 ? ", " : "", stateLink(visit, select)]);
  return [
    `${begin} ${took}, `,
    shown,
    names.length > 5 ? ` and ${count(names.length - 5, "other state")}` : "",
    names.length === 1 ? " was running." : " were running.",
  ];
}

function stateLink(visit, select) {
  return h("button.link", { type: "button", dir: "auto", onclick: () => select(visit) }, visit.state);
}

// The nearest state before that caught an error: a Fail state is mostly where a Catcher leads.
function caughtBefore(visit) {
  for (let at = visit.previous; at; at = at.previous) if (at.isCaught) return at;
  return null;
}

// The execution whose description is the cause: of a task that started it and waited.
function childOf(cause) {
  const node = cause ? parseJson(cause).node : null;
  const arn = new Map(node?.entries ?? []).get("ExecutionArn")?.value;
  return typeof arn === "string" && arn.includes(":execution:") ? { arn, name: nameOfArn(arn) } : null;
}
