// What an execution looked like after each of its events: which states had been entered, which were open, which transitions
// had been taken. Computed once for all events, so that going to any of them costs no more than a look.

import { detailsOf, isFailure } from "../events.js";
import { History } from "../history.js";
import { millis } from "../format.js";
import { STATUSES, isInIteration, scopesAround, transitionKey } from "../visits.js";

/** Events that may end other visits than the one they belong to. */
const ENDS_OTHERS =
  /^(Execution(Failed|Aborted|TimedOut)|Map(Iteration|Run)(Failed|Aborted)|(Map|Parallel)State(Started|Failed|Exited|Aborted))$/;

export class Trace {
  /** `events` as the API gives them; `run`, where the execution could be replayed, has the stages of the data. */
  constructor(events, run = null) {
    this.run = run;
    this.history = new History();
    /** The numbers of events, in order: a step is a place in this list. */
    this.events = events;
    this.started = events.length > 0 ? millis(events[0].timestamp) : 0;
    // By visit: its statuses, each with the event that brought it.
    this.changes = [];
    this.entered = [];
    this.failures = [];
    this.states = new Map();
    this.transitions = new Map();
    this.runVisits = new Map((run?.visits ?? []).map((visit) => [visit.event, visit]));
    this.#fold();
    this.calls = run?.calls ?? [];
    this.callsOf = groupCalls(this.calls);
  }

  get size() {
    return this.events.length;
  }

  /** The event of a step, steps counted from 0. */
  event(step) {
    return this.events[step] ?? null;
  }

  stepOf(eventId) {
    return lastAtMost(this.ids, eventId);
  }

  elapsed(event) {
    return millis(event.timestamp) - this.started;
  }

  /** The visit that the event of a step belongs to, or null. */
  visitAt(step) {
    const event = this.event(step);
    return event ? this.history.visitOf(event.id) : null;
  }

  /** The status of a visit after a step, or null where it had not begun. */
  statusAt(visit, step) {
    const id = this.event(step)?.id ?? 0;
    const changes = this.changes[visit.index];
    let status = null;
    for (const change of changes) {
      if (change.id > id) break;
      status = change.status;
    }
    return status;
  }

  /** Marks for the diagram after a step. */
  marksAt(step) {
    const id = this.event(step)?.id ?? 0;
    const marks = new Map();
    for (const [name, { ids, snapshots }] of this.states) {
      const at = lastAtMost(ids, id);
      if (at < 0) continue;
      const { counts, last, visits, isManifold } = snapshots[at];
      const status = (counts.running ?? 0) > 0 ? "running" : isManifold ? STATUSES.find((known) => counts[known] > 0) : last;
      marks.set(name, { status, visits, retries: 0, broken: (counts.failed ?? 0) + (counts.timedOut ?? 0), isWaiting: false });
    }
    return marks;
  }

  /** The transitions taken until a step, as the diagram counts them. */
  takenAt(step) {
    const id = this.event(step)?.id ?? 0;
    const taken = new Map();
    for (const [key, ids] of this.transitions) {
      const times = lastAtMost(ids, id) + 1;
      if (times > 0) taken.set(key, times);
    }
    return taken;
  }

  /**
   * The rules of Choice states that had been taken until a step: by state, a set of indices, in which `null` is the default.
   * Several rules may lead to one state, which a history does not tell apart.
   */
  rulesAt(step) {
    const id = this.event(step)?.id ?? 0;
    this.rules ??= rulesOf(this);
    return new Map(
      [...this.rules].map(([state, rules]) => [
        state,
        new Set([...rules].filter(([, first]) => first <= id).map(([index]) => index)),
      ]),
    );
  }

  /** The first step after this one at which a state is entered, or -1. */
  nextEntry(step) {
    return next(this.entered, step);
  }

  previousEntry(step) {
    return previous(this.entered, step);
  }

  /** The visit that begins next after a step, or null. */
  nextVisit(step) {
    const entry = this.nextEntry(step);
    return entry < 0 ? null : this.visitAt(entry);
  }

  nextFailure(step) {
    return next(this.failures, step);
  }

  previousFailure(step) {
    return previous(this.failures, step);
  }

  /** The stages of the data of a visit, and all else that a replay knows of it; null where there is no replay. */
  runVisit(visit) {
    return this.runVisits.get(visit.enteredId) ?? null;
  }

  /** Index of the call of a visit's attempt, or -1. */
  callOf(visit, attempt) {
    const known = this.runVisit(visit);
    return known ? (this.callsOf.get(callKey(known.pointer, known.iterations, known.number, attempt)) ?? -1) : -1;
  }

  /** The step at which a call is made. */
  stepOfCall(index) {
    const { pointer, visit: number, iterations, attempt } = this.calls[index];
    const at = JSON.stringify(iterations);
    const known = this.run.visits.find(
      (visit) => visit.pointer === pointer && visit.number === number && JSON.stringify(visit.iterations) === at,
    );
    if (!known) return 0;
    const visit = this.history.visitOf(known.event);
    return this.stepOf(visit?.attempts[attempt]?.scheduledId ?? known.event);
  }

  /** The moment of the virtual time to which a step belongs. */
  momentAt(step) {
    const moments = this.run?.moments ?? [];
    const at = lastAtMost((this.momentStarts ??= moments.map(({ events }) => events[0])), step);
    return moments[at] ?? null;
  }

  #fold() {
    const { history } = this;
    this.ids = this.events.map((event) => event.id);
    const open = new Set();
    this.events.forEach((event, step) => {
      const before = history.visits.length;
      history.add([event]);
      if (isFailure(event)) this.failures.push(step);
      for (let index = before; index < history.visits.length; index += 1) {
        const visit = history.visits[index];
        open.add(visit);
        this.changes.push([]);
        this.entered.push(step);
        this.#transition(visit, event.id);
      }
      const owner = history.visitOf(event.id);
      // A redrive opens again what had ended, with all around it.
      for (let at = owner ?? history.owners[event.id]?.scope?.visit; at; at = at.scope.visit) this.#look(at, event.id, open);
      if (ENDS_OTHERS.test(event.type)) for (const visit of [...open]) this.#look(visit, event.id, open);
    });
    this.#countStates();
  }

  #look(visit, id, open) {
    const changes = this.changes[visit.index];
    const { status } = visit;
    if (changes.at(-1)?.status === status) return;
    // A state that fails is not exited: its end is its own failure, not that of all around it, nor what is aborted by it.
    const last = visit.events.findLast((known) => !this.history.events[known].type.endsWith("Aborted"));
    const isOwn =
      (status === "failed" || status === "timedOut") &&
      changes.length > 0 &&
      last > changes.at(-1).id &&
      isFailure(this.history.events[last]);
    changes.push({ id: isOwn ? last : id, status });
    if (status === "running") open.add(visit);
    else open.delete(visit);
  }

  // By state: how many of its visits have each status, after each change.
  #countStates() {
    for (const [name, { visits }] of this.history.states) {
      const changes = visits.flatMap((visit) =>
        this.changes[visit.index].map(({ id, status }, at) => ({
          visit,
          id,
          status,
          before: this.changes[visit.index][at - 1]?.status ?? null,
        })),
      );
      changes.sort((one, other) => one.id - other.id);
      let counts = {};
      let entered = 0;
      const state = { ids: [], snapshots: [] };
      for (const { visit, id, status, before } of changes) {
        counts = { ...counts, [status]: (counts[status] ?? 0) + 1 };
        if (before) counts[before] -= 1;
        else entered += 1;
        state.ids.push(id);
        state.snapshots.push({
          counts,
          last: status,
          visits: entered,
          isManifold: entered > 50 || isInIteration(visit),
        });
      }
      this.states.set(name, state);
    }
  }

  #transition(visit, id) {
    const { previous: from, scope } = visit;
    const key = from
      ? transitionKey(from.state, visit.state, from.isCaught)
      : transitionKey(scope.visit?.state ?? null, visit.state, false);
    const ids = this.transitions.get(key);
    if (ids) ids.push(id);
    else this.transitions.set(key, [id]);
  }
}

/** Where a visit is, in words: `branch 2`, `iteration 17`. */
export function placeOf(visit) {
  const parts = [];
  for (const scope of scopesAround(visit)) {
    if (scope.kind === "iteration") parts.unshift(`iteration ${scope.index}`);
    else if (scope.kind === "branch") parts.unshift(`branch ${scope.number + 1}`);
  }
  return parts.join(", ");
}

/** The state that an event is about, or "". */
export function stateOf(trace, event) {
  const details = detailsOf(event);
  return details?.name ?? details?.state ?? trace.history.visitOf(event.id)?.state ?? "";
}

// By Choice state and rule: the event with which the rule was first taken.
function rulesOf(trace) {
  const all = new Map();
  for (const visit of trace.history.visits) {
    const run = visit.type === "Choice" && visit.exitedId !== null ? trace.runVisit(visit) : null;
    if (!run) continue;
    if (!all.has(visit.state)) all.set(visit.state, new Map());
    const index = run.rules.find(({ isTrue }) => isTrue)?.index ?? null;
    const rules = all.get(visit.state);
    if (!rules.has(index)) rules.set(index, visit.exitedId);
  }
  return all;
}

function groupCalls(calls) {
  return new Map(calls.map((call, index) => [callKey(call.pointer, call.iterations, call.visit, call.attempt), index]));
}

/** What identifies a call over runs that differ. */
export function callKey(pointer, iterations, visit, attempt) {
  return JSON.stringify([pointer, iterations, visit, attempt]);
}

// The last place in an ordered list whose item is not above a bound, or -1.
function lastAtMost(list, bound) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= bound) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function next(steps, step) {
  return steps[lastAtMost(steps, step) + 1] ?? -1;
}

function previous(steps, step) {
  return steps[lastAtMost(steps, step - 1)] ?? -1;
}
