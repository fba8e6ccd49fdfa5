// The events and the calls of a trace, as tables of which only what is seen is drawn.

import { h } from "../dom.js";
import { isFailure } from "../events.js";
import { offset } from "../format.js";
import { VirtualList } from "../virtual-list.js";
import { answerWords } from "./session.js";
import { placeOf, stateOf } from "./trace.js";

/** The events; `go(step)` is called when the reader goes to one. */
export class EventList {
  constructor(go) {
    this.trace = null;
    this.list = new VirtualList({
      label: "Events",
      class: "dbg-events-table",
      rowHeight: 30,
      key: (event) => event.id,
      empty: "No event.",
      columns: [{ name: "#", class: "number" }, { name: "Event" }, { name: "State" }, { name: "Time", class: "number optional" }],
      cells: (event) => [
        event.id.toLocaleString("en"),
        h("span", { class: isFailure(event) && "event-failure" }, isFailure(event) ? "✕ " : null, event.type),
        this.#state(event),
        offset(this.trace.elapsed(event)),
      ],
      choose: (event) => go(this.trace.stepOf(event.id)),
      current: (event) => go(this.trace.stepOf(event.id)),
    });
    this.element = this.list.element;
  }

  set(trace) {
    this.trace = trace;
    this.list.set(trace.events);
  }

  show(step) {
    this.list.select(step);
  }

  close() {
    this.list.close();
  }

  #state(event) {
    const visit = this.trace.history.visitOf(event.id);
    const place = visit ? placeOf(visit) : "";
    return [h("span", { dir: "auto" }, stateOf(this.trace, event)), place ? h("span.muted", null, ` ${place}`) : null];
  }
}

/** The calls of tasks; `answer(index)` is called when the reader wants to answer one otherwise. */
export class CallList {
  constructor(answer) {
    this.list = new VirtualList({
      label: "Calls of tasks",
      class: "dbg-calls-table",
      rowHeight: 38,
      key: ({ index }) => index,
      empty: "No task is called.",
      columns: [{ name: "State" }, { name: "Answer" }, { name: "Asked at", class: "number optional" }, { name: "Other answer" }],
      cells: ({ call }) => [
        [
          h("b", { dir: "auto" }, call.state),
          h("span.muted", null, [
            call.attempt > 0 ? ` attempt ${call.attempt + 1}` : "",
            call.iterations.length > 0 ? ` iteration ${call.iterations.join(", ")}` : "",
          ]),
        ],
        h(
          "span",
          { dir: "auto", class: call.isUnknown ? "dbg-unknown" : call.answer?.error !== undefined && "event-failure" },
          answerWords(call.answer),
        ),
        offset(call.asked),
        h("span.dbg-pseudo", null, call.isUnknown ? "Answer" : "Answer otherwise"),
      ],
      choose: ({ index }) => answer(index),
    });
    this.element = this.list.element;
  }

  set(trace) {
    this.list.set(trace.calls.map((call, index) => ({ call, index })));
  }

  close() {
    this.list.close();
  }
}
