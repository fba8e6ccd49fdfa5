// The attempts of a visit, as they were at a step: with retries, waits, and a way to answer each call otherwise.

import { h } from "../dom.js";
import { duration, offset } from "../format.js";
import { statusBadge } from "../status.js";
import { isBroken } from "../visits.js";
import { clipped, section } from "./pieces.js";
import { isWorkDone } from "./stages.js";

/** The section, or null where it would say nothing; `answer(call)` is called when the reader wants to answer a call otherwise. */
export function attemptsSection(trace, step, visit, answer) {
  const run = trace.runVisit(visit);
  const attempts = run ? run.attempts : recordedAttempts(trace, visit);
  const isTask = visit.type === "Task";
  if (attempts.length === 0 || visit.type === "Fail" || (!isTask && attempts.length < 2 && !attempts[0].error)) return null;
  const rows = attempts.map((attempt, index) => {
    const now = progress(trace, visit, index, step);
    return h(
      "li",
      { class: now === "later" && "later" },
      head(trace, visit, { attempt, index, now, answer }),
      attempt.isRedriven ? h("p.muted", null, "Begun by a redrive.") : null,
      now === "over" ? ending(attempt) : null,
    );
  });
  return section("Attempts", h("ol.dbg-attempts", null, rows));
}

function head(trace, visit, { attempt, index, now, answer }) {
  const call = trace.callOf(visit, index);
  const isUnknown = trace.calls[call]?.isUnknown;
  const words = isUnknown ? "Answer" : "Answer otherwise";
  const label = `${words}: attempt ${index + 1} of ${visit.state}`;
  const button = h("button.secondary.small", { type: "button", "aria-label": label, onclick: () => answer(call) }, words);
  return h(
    "div.dbg-attempt",
    null,
    h("span.dbg-number", null, `${index + 1}`),
    attemptStatus(attempt, { isUnknown, now, visit }),
    h("span.muted", null, attemptTime(attempt, now)),
    call >= 0 ? button : null,
  );
}

function ending({ error, cause, missedHeartbeat, retry, exhausted }) {
  return [
    error ? h("p.dbg-error", { dir: "auto" }, h("b", null, error), cause ? [": ", clipped(cause)] : null) : null,
    missedHeartbeat ? h("p.muted", null, "It was silent for longer than its heartbeat allows.") : null,
    retry ? h("p.muted.dbg-retry", null, `${retryWords(retry)}: waits ${duration(retry.delay)}`) : null,
    typeof exhausted === "number" ? h("p.muted", null, `Retrier ${exhausted + 1} has no attempt left.`) : null,
  ];
}

function retryWords({ retrier, number }) {
  return retrier === null ? "retry" : `Retrier ${retrier + 1}, retry ${number}`;
}

// A history does not say which retrier waited; the pause before the next attempt shows how long.
function recordedAttempts(trace, visit) {
  const at = (time) => (time === null ? null : time - trace.started);
  return visit.attempts.map(({ began, ended, status, error, cause, isRedriven }, index) => {
    const following = visit.attempts[index + 1];
    const retry =
      error && following && !following.isRedriven && following.delay !== null
        ? { retrier: null, number: index + 1, delay: following.delay }
        : null;
    return { began: at(began), ended: at(ended), status, error, cause, retry, isRedriven };
  });
}

/** Where an attempt is at a step: "later", "running" or "over". */
function progress(trace, visit, index, step) {
  const id = trace.event(step)?.id ?? 0;
  const from = visit.attempts[index]?.scheduledId;
  if (from === undefined) return isWorkDone(trace, visit, step) ? "over" : "running";
  if (from > id) return "later";
  const end = visit.events.find((other) => other > from && /(Succeeded|Failed|TimedOut)$/.test(trace.history.events[other].type));
  return (end !== undefined && end <= id) || isWorkDone(trace, visit, step) ? "over" : "running";
}

function attemptStatus(attempt, { isUnknown, now, visit }) {
  if (now === "later") return h("span.pill", null, "to come");
  if (isUnknown) return h("span.status.pending", null, "No answer");
  if (now === "over" && attempt.ended === null && isBroken(visit)) return statusBadge(visit.status);
  if (now === "running" || attempt.ended === null) return statusBadge("running");
  // A history alone has it; of a replay the error tells.
  if (attempt.status) return statusBadge(attempt.status);
  if (attempt.error) return statusBadge(attempt.error === "States.Timeout" ? "timedOut" : "failed");
  return statusBadge("succeeded");
}

function attemptTime({ began, ended }, now) {
  if (now === "later" || (now === "over" && ended === null)) return `at ${offset(began)}`;
  return now === "running" ? `since ${offset(began)}` : `at ${offset(began)}, took ${duration(ended - began)}`;
}
