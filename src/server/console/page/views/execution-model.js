// One execution as its view's parts see it: its description and history as they come, what is selected, and who wants to know.

import { call, get, withQuery } from "../api.js";
import { onConnection } from "../connection.js";
import { oncePerFrame } from "../dom.js";
import { millis } from "../format.js";
import { History } from "../history.js";
import { follow } from "../stream.js";

export class ExecutionModel {
  constructor(executionArn) {
    this.executionArn = executionArn;
    this.history = new History();
    /** The answer of DescribeExecution, or null before it came. */
    this.description = null;
    this.diagram = null;
    /** The text of the definition with which the execution began. */
    this.definition = null;
    this.problem = null;
    /** The tasks that wait for an answer by a token. */
    this.waiting = [];
    this.selection = { state: null, visit: null };
    this.listeners = new Set();
    this.tellLater = oncePerFrame(() => this.#tell("history"));
  }

  /** Calls back with what changed: "history", "status", "definition", "selection", "waiting" or "problem". */
  onChange(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  start() {
    this.#follow();
    this.#loadDefinition();
    // A server that came back may know the execution again: with its store, or with the cluster behind it.
    this.endConnection = onConnection((isLost) => {
      if (isLost) return;
      if (this.problem !== null) this.#follow();
      if (this.definition === null) this.#loadDefinition();
    });
  }

  #follow() {
    const { executionArn } = this;
    this.stream?.close();
    this.stream = follow(
      () => withQuery("api/events", { executionArn, after: this.history.lastId || undefined }),
      {
        status: (description) => {
          this.description = description;
          this.problem = null;
          this.#tell("status");
        },
        events: ({ events }) => {
          this.history.add(events);
          this.tellLater();
        },
      },
      (error) => {
        this.problem = error;
        this.#tell("problem");
      },
    );
  }

  async #loadDefinition() {
    const { executionArn } = this;
    try {
      const [diagram, machine] = await Promise.all([
        get("api/diagram", { executionArn }).catch((error) => ({ error })),
        call("DescribeStateMachineForExecution", { executionArn }),
      ]);
      this.diagram = diagram;
      this.definition = machine.definition;
      this.#tell("definition");
    } catch {
      /* the stream tells what is wrong */
    }
  }

  close() {
    this.stream?.close();
    this.endConnection?.();
    this.tellLater.cancel();
    this.listeners.clear();
  }

  get isRunning() {
    const status = this.description?.status;
    return status === "RUNNING" || status === "PENDING_REDRIVE" || status === undefined;
  }

  /** When the execution began and ended, in milliseconds; the end is null while it runs. */
  get times() {
    const started = millis(this.description?.startDate ?? null) ?? this.history.started;
    return { started, stopped: this.isRunning ? null : millis(this.description?.stopDate ?? null) };
  }

  /** Selects a visit, or the last visit of a state. */
  select(state, visit = this.history.visitsOf(state).at(-1) ?? null) {
    if (this.selection.state === state && this.selection.visit === visit) return;
    this.selection = { state, visit };
    this.#tell("selection");
  }

  selectVisit(visit) {
    this.select(visit.state, visit);
  }

  setWaiting(tasks) {
    if (JSON.stringify(tasks) === JSON.stringify(this.waiting)) return;
    this.waiting = tasks;
    this.#tell("waiting");
  }

  #tell(what) {
    // A state that was chosen before it was visited gets its first visit as soon as there is one.
    if (what === "history" && this.selection.state !== null && this.selection.visit === null) {
      const visit = this.history.visitsOf(this.selection.state).at(-1);
      if (visit) this.select(this.selection.state, visit);
    }
    for (const listener of [...this.listeners]) listener(what);
  }
}
