// What is debugged: an execution or a simulated run, and the calls of it that are answered otherwise.

import { postExact } from "./exact-json.js";
import { Trace, callKey } from "./trace.js";

/** Calls of one state that are answered alike in one go; more are asked for again. */
const MOST_ALIKE = 40;

export class Session {
  /** `source` is { path, request }: `api/replay` of an execution, or `api/simulate` of a definition. */
  constructor({ path, request }) {
    this.path = path;
    this.request = request;
    this.forks = [];
    /** What happened, and what would have: traces, the second null without forks. */
    this.base = null;
    this.other = null;
    this.difference = null;
    this.notes = [];
  }

  async load() {
    const answer = await this.#post([]);
    this.base = answer.trace;
    this.difference = answer.difference;
    this.notes = answer.notes;
    this.other = null;
    const forks = this.forks;
    this.forks = [];
    if (forks.length > 0) await this.#replay(forks, 0);
  }

  /** The trace on which the next answer builds. */
  get last() {
    return this.other ?? this.base;
  }

  /**
   * Answers a call of `trace` otherwise. A call that was answered so before gets the new answer, and those after it stay as
   * far as they are still asked. Gives what was lost of them.
   */
  async answer(trace, index, answer, { isForAll = false } = {}) {
    const call = trace.calls[index];
    const fork = { key: keyOf(call), state: call.state, iterations: call.iterations, attempt: call.attempt, answer };
    const known = this.forks.findIndex((other) => other.key === fork.key);
    const forks = known >= 0 ? this.forks.toSpliced(known, 1, fork) : [...this.forks, fork];
    const lost = await this.#replay(forks, known >= 0 ? known : this.forks.length);
    if (known < 0 && !this.forks.some(({ key }) => key === fork.key))
      throw new Error(`With the answers before it, this call of ${call.state} is not asked.`);
    for (let times = 0; isForAll && times < MOST_ALIKE; times += 1) {
      const next = this.last.calls.find((other) => other.isUnknown && other.state === call.state);
      if (!next) break;
      await this.#replay(
        [...this.forks, { ...fork, key: keyOf(next), iterations: next.iterations, attempt: next.attempt }],
        this.forks.length,
      );
    }
    return lost;
  }

  remove(index) {
    return this.#replay(this.forks.toSpliced(index, 1), index);
  }

  clear() {
    this.forks = [];
    this.other = null;
  }

  /** The index of a fork's call in the run that is shown, or -1. */
  callOf(fork) {
    return this.last.calls.findIndex((call) => keyOf(call) === fork.key);
  }

  /** The forks as the server takes them. */
  asRequest(forks = this.forks) {
    return forks.map(({ call, answer }) => ({ call, answer }));
  }

  // Runs again from the fork `from` on. A call is found again by what identifies it, since its number may be another then.
  async #replay(forks, from) {
    const kept = forks.slice(0, from);
    const lost = [];
    let trace =
      from === 0
        ? this.base
        : from === this.forks.length
          ? this.last
          : kept.length > 0
            ? (await this.#post(kept)).trace
            : this.base;
    for (const fork of forks.slice(from)) {
      const call = trace.calls.findIndex((known) => keyOf(known) === fork.key);
      if (call < 0) {
        lost.push(fork);
        continue;
      }
      const tried = { ...fork, call };
      trace = (await this.#post([...kept, tried])).trace;
      kept.push(tried);
    }
    this.forks = kept;
    this.other = kept.length > 0 ? trace : null;
    return lost;
  }

  async #post(forks) {
    const answer = await postExact(this.path, { ...this.request, forks: this.asRequest(forks) });
    if (!answer.run) {
      const error = new Error("The definition has errors.");
      error.diagnostics = answer.diagnostics ?? [];
      throw error;
    }
    return { trace: new Trace(answer.run.events, answer.run), difference: answer.difference ?? null, notes: answer.notes ?? [] };
  }
}

function keyOf(call) {
  return callKey(call.pointer, call.iterations, call.visit, call.attempt);
}

/** What a call is called: `Charge, attempt 2, iteration 3`. */
export function callName({ state, attempt, iterations }) {
  return [state, attempt > 0 ? `attempt ${attempt + 1}` : "", iterations.length > 0 ? `iteration ${iterations.join(", ")}` : ""]
    .filter(Boolean)
    .join(", ");
}

/** What an answer says, in a few words. */
export function answerWords(answer) {
  if (!answer) return "nothing is recorded";
  const after = answer.after > 0 ? ` after ${answer.after} s` : "";
  if (answer.error !== undefined) return `fails with ${answer.error}${after}`;
  if (answer.timeout) return "times out";
  if (answer.heartbeatLoss) return "loses its heartbeat";
  if (answer.never) return "no answer";
  const text = JSON.stringify(answer.result) ?? "null";
  return `${text.length > 60 ? `${text.slice(0, 60)}…` : text}${after}`;
}
