// Folds the events of an execution's history into visits, however many at a time they come.
//
// The only thread through a history is `previousEventId`: events of branches and iterations are interleaved. Every event is
// given an owner, the visit or the scope it belongs to, found from the owner of the event before it.

import { STATE_EVENT, TASK_EVENT, detailsOf, isFailure } from "./events.js";
import { millis } from "./format.js";
import { asksAlike, failureOf, isBroken, isWithin, newAttempt, newScope, newVisit, originOf, transitionKey } from "./visits.js";

export class History {
  constructor() {
    /** Events by id; ids begin with 1, so the first place is empty. */
    this.events = [];
    this.owners = [];
    this.visits = [];
    this.root = newScope("execution", null, 0);
    /** By state name: its visits, and how many of them have each status. */
    this.states = new Map();
    /** How often each transition was taken: `transitionKey(from, to, isCaught)` → count; `to` is null for an end. */
    this.transitions = new Map();
    /** The event that ended the execution, or null while it runs. */
    this.end = null;
    this.lastId = 0;
    this.started = null;
    this.redrives = [];
    this.mapRuns = new Map();
  }

  get size() {
    return Math.max(0, this.events.length - 1);
  }

  /** Takes events in the order of their ids; those that are known already are passed over. */
  add(events) {
    for (const event of events) {
      if (event.id <= this.lastId) continue;
      this.lastId = event.id;
      this.events[event.id] = event;
      this.owners[event.id] = this.#take(event, millis(event.timestamp)) ?? { visit: null, scope: this.root };
    }
  }

  visitsOf(state) {
    return this.states.get(state)?.visits ?? [];
  }

  /** The visit an event belongs to; null for the events of the execution itself and of iterations. */
  visitOf(id) {
    return this.owners[id]?.visit ?? null;
  }

  /** The visit that made the execution fail: the innermost one. */
  failed() {
    if (!this.end || this.end.type === "ExecutionSucceeded") return null;
    const inner = this.#climb(this.owners[this.end.previousEventId]).next().value ?? null;
    const visit = originOf(inner);
    return visit && isBroken(visit) ? visit : null;
  }

  #take(event, at) {
    const state = STATE_EVENT.exec(event.type);
    if (state) return this.#takeState(event, at, state[1], state[2]);
    const task = TASK_EVENT.exec(event.type);
    if (task) return this.#takeTask(event, at, task[2]);
    if (event.type.startsWith("MapIteration")) return this.#takeIteration(event, at, event.type.slice("MapIteration".length));
    if (event.type.startsWith("MapRun")) return this.#takeMapRun(event, at, event.type.slice("MapRun".length));
    if (event.type === "EvaluationFailed") return this.#takeEvaluation(event);
    if (event.type.startsWith("Execution")) return this.#takeExecution(event, at);
    return this.owners[event.previousEventId];
  }

  // ---- The execution ------------------------------------------------------------------------------------------------

  #takeExecution(event, at) {
    if (event.type === "ExecutionStarted") this.started = at;
    else if (event.type === "ExecutionRedriven") {
      this.end = null;
      this.redrives.push({ id: event.id, at });
      return { visit: null, scope: this.root, isRedrive: true };
    } else {
      this.end = event;
      const status = event.type === "ExecutionTimedOut" ? "timedOut" : "aborted";
      const details = detailsOf(event) ?? {};
      const path = event.type === "ExecutionFailed" ? new Set(this.#climb(this.owners[event.previousEventId])) : new Set();
      this.#close(this.root, path, status, at, details);
    }
    return { visit: null, scope: this.root };
  }

  // ---- States -------------------------------------------------------------------------------------------------------

  #takeState(event, at, type, what) {
    if (what === "Entered") return this.#enter(event);
    if (what === "Aborted") return this.#takeAborted(event, at, type);
    const name = event.stateExitedEventDetails?.name;
    const visit = this.#find(event, (v) => (name === undefined ? v.type === type : v.state === name) && v.exitedId === null);
    if (!visit) return this.owners[event.previousEventId];
    visit.events.push(event.id);
    if (what === "Exited") this.#exit(visit, event, at);
    else if (what === "Started") this.#startNested(visit, event, at);
    else if (what === "Succeeded") this.#endAttempt(visit, "succeeded", at);
    else if (what === "Failed") this.#failNested(visit, event, at);
    return { visit, scope: visit.scope };
  }

  #enter(event) {
    const before = this.owners[event.previousEventId];
    const { scope, previous } = this.#placeOf(event, before);
    const visit = newVisit(this.visits.length, event, scope, previous);
    this.visits.push(visit);
    scope.visits.push(visit);
    scope.open.add(visit);
    this.#revive(scope);
    let state = this.states.get(visit.state);
    if (!state) this.states.set(visit.state, (state = { type: visit.type, visits: [], counts: {} }));
    state.visits.push(visit);
    state.counts.running = (state.counts.running ?? 0) + 1;
    if (previous) {
      previous.next = visit;
      // It was not the end of its scope after all.
      this.#count(transitionKey(previous.state, null, previous.isCaught), -1);
      this.#count(transitionKey(previous.state, visit.state, previous.isCaught));
    } else {
      this.#count(transitionKey(scope.visit?.state ?? null, visit.state, false));
    }
    return { visit, scope };
  }

  // In which scope a state is entered, and after which visit.
  #placeOf(event, before) {
    const from = this.events[event.previousEventId];
    if (!before || !from || from.type === "ExecutionStarted") return { scope: this.root, previous: null };
    if (from.type === "ParallelStateStarted") {
      const visit = before.visit;
      const scope = newScope("branch", visit, visit.scopes.length, event);
      scope.number = visit.attempts.length > 1 ? visit.scopes.length - (visit.attempts.at(-1).firstScope ?? 0) : scope.index;
      visit.scopes.push(scope);
      return { scope, previous: null };
    }
    if (before.isRedrive) {
      // A state that is tried again from its start is entered again, in the scope where it broke.
      const broken = this.#lastBroken((v) => v.state === event.stateEnteredEventDetails?.name);
      return { scope: broken?.scope ?? this.root, previous: broken?.previous ?? null };
    }
    if (before.visit) return { scope: before.visit.scope, previous: before.visit };
    return { scope: before.scope, previous: null };
  }

  #exit(visit, event, at) {
    const details = event.stateExitedEventDetails ?? {};
    visit.exitedId = event.id;
    visit.output = details.output ?? null;
    visit.assigned = details.assignedVariables ?? null;
    const last = visit.attempts.at(-1);
    const isCaught = (last !== undefined && (last.status === "failed" || last.status === "timedOut")) || visit.error !== null;
    visit.isCaught = isCaught;
    if (isCaught && last && visit.error === null) {
      visit.error = last.error;
      visit.cause = last.cause;
    }
    if (!isCaught) this.#endAttempt(visit, "succeeded", at);
    for (const scope of visit.scopes) if (scope?.status === "running") this.#close(scope, new Set(), "aborted", at, {});
    this.#endVisit(visit, isCaught ? "caught" : "succeeded", at);
    this.#count(transitionKey(visit.state, null, isCaught));
  }

  // Such events hang on the failure that was their cause, and so does one of the state that failed: that one stays failed.
  #takeAborted(event, at, type) {
    const before = this.owners[event.previousEventId];
    const around = before?.scope?.visit ?? null;
    const from = around?.attempts.at(-1)?.scheduledId ?? 0;
    const fits = (v) => v.type === type && v.exitedId === null && v.abortedId === null;
    const isCause = Boolean(before?.visit) && fits(before.visit);
    const visit = isCause ? before.visit : this.visits.find((v) => v.enteredId > from && fits(v) && isWithin(v, around));
    if (!visit) return before;
    visit.events.push(event.id);
    visit.abortedId = event.id;
    if (visit.status === "running" && !(isCause && isFailure(this.events[event.previousEventId]))) {
      for (const scope of visit.scopes) if (scope) this.#close(scope, new Set(), "aborted", at, {});
      this.#endAttempt(visit, "aborted", at);
      this.#endVisit(visit, "aborted", at);
    }
    return { visit, scope: visit.scope };
  }

  // Where a Parallel or Map begins its branches or iterations, the first time or again.
  #startNested(visit, event, at) {
    const last = visit.attempts.at(-1);
    if (last?.status === "running") {
      const inner = this.owners[event.previousEventId];
      const path = new Set(this.#climb(inner));
      const broken = [...path].find((v) => v !== visit && v.attempts.at(-1)?.error);
      const failed = broken?.attempts.at(-1);
      for (const scope of visit.scopes) if (scope) this.#close(scope, path, "aborted", at, failed ?? {});
      this.#endAttempt(visit, "failed", at, failed?.error, failed?.cause);
    }
    const attempt = this.#addAttempt(visit, newAttempt(event, detailsOf(event)));
    attempt.firstScope = visit.type === "Map" ? 0 : visit.scopes.length;
    // The iterations of the attempt before stay to be looked at there.
    if (visit.type === "Map" && visit.scopes.length > 0) {
      visit.attempts.at(-2).scopes = visit.scopes;
      visit.scopes = [];
    }
  }

  #failNested(visit, event, at) {
    const path = new Set(this.#climb(this.owners[event.previousEventId]));
    const inner = [...path][0];
    if (inner && inner !== visit) visit.origin = inner;
    const { error = null, cause = null } = failureOf(inner, visit) ?? {};
    for (const scope of visit.scopes) if (scope) this.#close(scope, path, "aborted", at, { error, cause });
    this.#endAttempt(visit, "failed", at, error, cause);
  }

  // ---- Tasks --------------------------------------------------------------------------------------------------------

  #takeTask(event, at, what) {
    const details = detailsOf(event);
    const visit = this.#find(event, (v) => v.type === "Task" && v.exitedId === null && this.#isTaskOf(v, event, what, details));
    if (!visit) return this.owners[event.previousEventId];
    visit.events.push(event.id);
    if (what === "Scheduled") this.#addAttempt(visit, newAttempt(event, details), this.owners[event.previousEventId]?.isRedrive);
    const attempt = visit.attempts.at(-1);
    if (!attempt) return { visit, scope: visit.scope };
    if (what === "Started") Object.assign(attempt, { started: at, worker: details?.workerName ?? null });
    else if (what === "Submitted") attempt.submitted = details?.output ?? null;
    else if (what === "Succeeded") {
      attempt.output = details?.output ?? null;
      this.#endAttempt(visit, "succeeded", at);
    } else if (what !== "Scheduled") {
      this.#endAttempt(visit, what === "TimedOut" ? "timedOut" : "failed", at, details?.error ?? null, details?.cause ?? null);
    }
    return { visit, scope: visit.scope };
  }

  // After a redrive several tasks may be scheduled at once, all hanging on the same event: told apart by what they ask.
  #isTaskOf(visit, event, what, details) {
    if (what !== "Scheduled" || !this.owners[event.previousEventId]?.isRedrive) return true;
    return isBroken(visit) && asksAlike(visit, details);
  }

  #addAttempt(visit, attempt, isRedriven = false) {
    const last = visit.attempts.at(-1);
    attempt.number = visit.attempts.length + 1;
    attempt.isRedriven = isRedriven;
    if (last?.ended) attempt.delay = attempt.began - last.ended;
    visit.attempts.push(attempt);
    if (visit.status !== "running") this.#resume(visit);
    return attempt;
  }

  #endAttempt(visit, status, at, error = null, cause = null) {
    const attempt = visit.attempts.at(-1);
    if (!attempt || attempt.ended !== null) return;
    Object.assign(attempt, { status, ended: at, error, cause });
  }

  // ---- Maps ---------------------------------------------------------------------------------------------------------

  #takeIteration(event, at, what) {
    const { name, index } = detailsOf(event) ?? {};
    const map = this.#find(event, (v) => v.state === name);
    if (!map) return this.owners[event.previousEventId];
    if (what === "Started") {
      // After a redrive an iteration is begun again.
      const scope = newScope("iteration", map, index, event);
      map.scopes[index] = scope;
      if (map.status !== "running") this.#resume(map);
      return { visit: null, scope };
    }
    const scope = map.scopes[index];
    if (!scope) return { visit: map, scope: map.scope };
    const path = new Set(this.#climb(this.owners[event.previousEventId]));
    const failure = what === "Failed" ? (failureOf([...path][0], map) ?? {}) : {};
    scope.ended = at;
    scope.status = what.toLowerCase();
    scope.error = failure.error ?? null;
    scope.cause = failure.cause ?? null;
    this.#close(scope, what === "Failed" ? path : new Set(), "aborted", at, failure);
    scope.status = what.toLowerCase();
    return { visit: null, scope };
  }

  #takeMapRun(event, at, what) {
    const details = detailsOf(event);
    const known = details?.mapRunArn && this.mapRuns.get(details.mapRunArn);
    const visit = known || this.#find(event, (v) => v.type === "Map" && v.exitedId === null);
    if (!visit) return this.owners[event.previousEventId];
    visit.events.push(event.id);
    if (details?.mapRunArn) {
      visit.mapRunArn = details.mapRunArn;
      this.mapRuns.set(details.mapRunArn, visit);
    }
    if (what === "Redriven") this.#addAttempt(visit, newAttempt(event, null), true);
    if (what === "Failed" && visit.attempts.length > 0) {
      const attempt = visit.attempts.at(-1);
      attempt.error = details?.error ?? null;
      attempt.cause = details?.cause ?? null;
    }
    return { visit, scope: visit.scope };
  }

  #takeEvaluation(event) {
    const { state, error, cause, location } = event.evaluationFailedEventDetails ?? {};
    // AWS lets it hang on the event before the state was entered, mostly.
    const open = this.visitsOf(state).filter((v) => v.exitedId === null);
    const from = (v) => [v.enteredId, this.events[v.enteredId].previousEventId].includes(event.previousEventId);
    const visit = open.findLast(from) ?? open.at(-1);
    if (!visit) return this.owners[event.previousEventId];
    visit.events.push(event.id);
    Object.assign(visit, { error, cause, location: location ?? null });
    return { visit, scope: visit.scope };
  }

  // ---- Ways through visits ------------------------------------------------------------------------------------------

  // The visit that an event belongs to and those around it, from the inside.
  *#climb(owner) {
    let visit = owner ? (owner.visit ?? owner.scope?.visit) : null;
    for (; visit; visit = visit.scope.visit) yield visit;
  }

  // The visit around the event before this one that fits; after a redrive, the last broken one that does.
  #find(event, fits) {
    const before = this.owners[event.previousEventId];
    for (const visit of this.#climb(before)) if (fits(visit)) return visit;
    return this.#lastBroken(fits) ?? this.visits.findLast((v) => v.exitedId === null && fits(v)) ?? null;
  }

  #lastBroken(fits) {
    if (this.redrives.length === 0) return null;
    return this.visits.findLast((v) => isBroken(v) && fits(v)) ?? null;
  }

  // Ends what still runs in a scope: those on the path of the failure have failed, the others were aborted by it.
  #close(scope, path, status, at, { error = null, cause = null }) {
    const isOnPath = scope.visits.some((visit) => path.has(visit));
    if (scope.status === "running") {
      // A branch in which nothing is open has come to its end: between two states there is no event.
      const hasEnded = scope.open.size === 0 && scope.visits.at(-1)?.status === "succeeded";
      scope.status = isOnPath ? "failed" : hasEnded ? "succeeded" : status;
      scope.ended = at;
    }
    // A state that failed inside a Parallel or Map has an event that says aborted: the path knows better.
    for (const visit of scope.visits.slice(-1)) if (path.has(visit) && visit.status === "aborted") this.#reopen(visit);
    for (const visit of [...scope.open]) {
      const failed = path.has(visit);
      for (const inner of visit.scopes) if (inner) this.#close(inner, path, status, at, { error, cause });
      if (failed && visit.error === null) {
        const last = visit.attempts.at(-1);
        visit.error = last?.error ?? error;
        visit.cause = last?.cause ?? cause;
      }
      this.#endAttempt(visit, failed ? "failed" : status, at);
      this.#endVisit(visit, failed ? "failed" : status, at);
    }
  }

  #reopen(visit) {
    this.#setStatus(visit, "running");
    visit.scope.open.add(visit);
  }

  // A broken visit goes on after a redrive, and so does everything around it.
  #resume(visit) {
    this.#reopen(visit);
    Object.assign(visit, { ended: null, error: null, cause: null, location: null, origin: null, abortedId: null });
    visit.redrives += 1;
    this.#revive(visit.scope);
  }

  #revive(scope) {
    for (let at = scope; at; at = at.visit?.scope) {
      if (at.status !== "running") Object.assign(at, { status: "running", ended: null, error: null, cause: null });
      if (at.visit && at.visit.status !== "running" && at.visit.exitedId === null) {
        this.#reopen(at.visit);
        Object.assign(at.visit, { ended: null, error: null, cause: null, origin: null, abortedId: null });
        const last = at.visit.attempts.at(-1);
        if (last) Object.assign(last, { status: "running", ended: null, error: null, cause: null });
      }
    }
  }

  #endVisit(visit, status, at) {
    this.#setStatus(visit, status);
    visit.ended = at;
    visit.scope.open.delete(visit);
  }

  #setStatus(visit, status) {
    const counts = this.states.get(visit.state).counts;
    counts[visit.status] -= 1;
    counts[status] = (counts[status] ?? 0) + 1;
    visit.status = status;
  }

  #count(key, by = 1) {
    this.transitions.set(key, (this.transitions.get(key) ?? 0) + by);
  }
}
