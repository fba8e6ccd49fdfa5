// What an execution did, as the visits of its states: plain data that `history.js` fills and the views read.
//
// A scope is a sequence of visits: that of the execution, of one branch of a Parallel state, of one Map iteration.

import { millis } from "./format.js";

/** Statuses of a visit, in the order in which they matter to a reader who looks for trouble. */
export const STATUSES = ["failed", "timedOut", "running", "caught", "aborted", "succeeded"];

export const STATUS_WORDS = {
  running: "running",
  succeeded: "succeeded",
  caught: "caught an error",
  failed: "failed",
  timedOut: "timed out",
  aborted: "aborted",
};

export function newScope(kind, visit, index, from) {
  // `open` holds the visits that have not ended: at most one in a scope that follows the rules.
  return {
    kind,
    visit,
    index,
    number: index,
    status: "running",
    startedId: from?.id ?? null,
    started: millis(from?.timestamp),
    ended: null,
    visits: [],
    open: new Set(),
    error: null,
    cause: null,
  };
}

export function newVisit(index, event, scope, previous) {
  const details = event.stateEnteredEventDetails ?? {};
  return {
    index,
    state: details.name ?? "",
    type: event.type.replace(/StateEntered$/, ""),
    scope,
    previous,
    next: null,
    status: "running",
    enteredId: event.id,
    entered: millis(event.timestamp),
    exitedId: null,
    // The event that says that it was aborted.
    abortedId: null,
    ended: null,
    input: details.input ?? null,
    output: null,
    assigned: null,
    attempts: [],
    // The branches of a Parallel, or the iterations of a Map by their index.
    scopes: [],
    mapRunArn: null,
    error: null,
    cause: null,
    location: null,
    // The visit in which the failure began that made this one fail.
    origin: null,
    isCaught: false,
    redrives: 0,
    events: [event.id],
  };
}

export function newAttempt(event, details) {
  return {
    number: 0,
    scheduledId: event.id,
    began: millis(event.timestamp),
    started: null,
    ended: null,
    status: "running",
    resource: details?.resource ?? null,
    resourceType: details?.resourceType ?? null,
    input: details?.parameters ?? details?.input ?? null,
    timeout: details?.timeoutInSeconds ?? null,
    heartbeat: details?.heartbeatInSeconds ?? null,
    length: details?.length ?? null,
    worker: null,
    submitted: null,
    output: null,
    error: null,
    cause: null,
    isRedriven: false,
    // Time between the end of the attempt before and this one: the delay of a retry.
    delay: null,
  };
}

/** The scopes around a visit, from the inside to the execution's own. */
export function* scopesAround(visit) {
  for (let scope = visit?.scope; scope; scope = scope.visit?.scope) yield scope;
}

/** Whether a visit is in a branch or iteration of another one, however deep; everything is in the execution, `null`. */
export function isWithin(visit, outer) {
  let at = visit.scope.visit;
  while (at && at !== outer) at = at.scope.visit;
  return at === outer;
}

/** Whether a visit ended without going on. */
export function isBroken(visit) {
  return visit.status === "failed" || visit.status === "aborted" || visit.status === "timedOut";
}

/** Whether the details of a task that is scheduled ask what the last attempt of a visit had asked. */
export function asksAlike(visit, details) {
  const last = visit.attempts.at(-1);
  return !last || (last.resource === details?.resource && last.input === (details?.parameters ?? details?.input ?? null));
}

/** What has the error of a failure that began in one visit and ended another: an attempt, or a visit without one. */
export function failureOf(inner, outer) {
  if (!inner || inner === outer) return outer.attempts.at(-1) ?? outer;
  return inner.error === null && inner.attempts.length > 0 ? inner.attempts.at(-1) : inner;
}

/** Whether a visit is in an iteration, however deep: others of its state may run beside it. */
export function isInIteration(visit) {
  return [...scopesAround(visit)].some(({ kind }) => kind === "iteration");
}

/** The iterations around a visit, outermost first: `[{ state: "Each Order", index: 3 }]`. */
export function iterationsAround(visit) {
  const around = [];
  for (const scope of scopesAround(visit)) {
    if (scope.kind === "iteration") around.unshift({ state: scope.visit.state, index: scope.index });
  }
  return around;
}

/** The variables that a visit sees when it begins: names with values as JSON texts, and where each was assigned. */
export function variablesAt(visit) {
  const variables = new Map();
  for (const before of visitsBefore(visit)) {
    for (const [name, text] of Object.entries(before.assigned ?? {})) {
      if (!variables.has(name)) variables.set(name, { text, by: before });
    }
  }
  return new Map([...variables].sort(([one], [other]) => one.localeCompare(other)));
}

// The visits that ended before this one began and whose variables it sees, latest first.
function* visitsBefore(visit) {
  for (let at = visit; at; at = at.scope.visit) {
    for (let before = at.previous; before; before = before.previous) yield before;
  }
}

/** The visit in which a failure began. */
export function originOf(visit) {
  let at = visit;
  while (at?.origin && at.origin !== at) at = at.origin;
  return at;
}

/** The key of a transition in `History.transitions`; `from` is null where an execution, branch or iteration begins. */
export function transitionKey(from, to, isCaught) {
  return JSON.stringify([from, to, isCaught]);
}
