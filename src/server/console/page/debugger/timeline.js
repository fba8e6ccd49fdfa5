// The timeline of a trace: buttons, a slider, and over it a strip that shows where states begin and where something failed.

import { fill, h, icon, s, setText } from "../dom.js";
import { isFailure } from "../events.js";
import { count, offset } from "../format.js";
import { placeOf, stateOf } from "./trace.js";

/** The strip has no more marks than are told apart. */
const BUCKETS = 240;
const WORDS = {
  started: "the execution starts",
  answered: "a task is answered",
  takenUp: "a worker takes the task",
  heartbeat: "a heartbeat comes",
  timePassed: "time has passed",
  stopped: "the execution is stopped",
  redriven: "the execution is redriven",
};

export class Timeline {
  /** `go(step)` is called when the reader goes to a step. */
  constructor(go) {
    this.go = go;
    this.trace = null;
    this.step = 0;
    const button = (name, text, key, act) =>
      h(
        "button.quiet",
        {
          type: "button",
          "aria-label": text,
          title: key ? `${text} (${key})` : text,
          onclick: () => this.#to(act(this.trace, this.step)),
        },
        glyph(name),
      );
    this.buttons = {
      first: button("first", "First event", "", () => 0),
      previousEntry: button("back-state", "State before", "<", (trace, step) => trace.previousEntry(step)),
      back: button("back", "Event before", ",", (_, step) => step - 1),
      forward: button("forward", "Next event", ".", (_, step) => step + 1),
      nextEntry: button("forward-state", "Next state", ">", (trace, step) => trace.nextEntry(step)),
      last: button("last", "Last event", "", (trace) => trace.size - 1),
    };
    this.failure = h(
      "button.quiet.dbg-failure",
      { type: "button", title: "Next failure (x)", onclick: () => this.#to(this.nextFailure()) },
      icon("alert"),
      "Next failure",
    );
    this.slider = h("input.dbg-slider", {
      type: "range",
      min: 0,
      max: 0,
      value: 0,
      step: 1,
      "aria-label": "Event",
      oninput: () => this.go(Number(this.slider.value)),
    });
    this.strip = s("svg.dbg-strip", { viewBox: `0 0 ${BUCKETS} 10`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.where = h("p.dbg-where");
    this.element = h(
      "section.dbg-timeline",
      { "aria-label": "Timeline" },
      h("div.dbg-transport", { role: "group", "aria-label": "Step" }, Object.values(this.buttons), this.failure),
      h("div.dbg-track", null, this.strip, this.slider),
      this.where,
    );
  }

  set(trace) {
    this.trace = trace;
    this.slider.max = String(Math.max(0, trace.size - 1));
    this.failure.hidden = trace.failures.length === 0;
    const size = Math.max(1, trace.size - 1);
    const buckets = new Map();
    // A failure hides a state's beginning, not the other way.
    for (const [steps, tone] of [
      [trace.entered, "entry"],
      [trace.failures, "failure"],
    ]) {
      for (const step of steps) buckets.set(Math.round((step / size) * (BUCKETS - 1)), tone);
    }
    fill(
      this.strip,
      [...buckets].map(([x, tone]) =>
        s("rect", { class: tone, x, y: tone === "failure" ? 0 : 3, width: 0.9, height: tone === "failure" ? 10 : 7 }),
      ),
    );
  }

  show(step) {
    const { trace } = this;
    this.step = step;
    this.slider.value = String(step);
    const event = trace.event(step);
    if (!event) return;
    const state = stateOf(trace, event);
    const visit = trace.visitAt(step);
    const place = visit ? placeOf(visit) : "";
    const moment = trace.momentAt(step);
    const call = moment?.call === null || moment?.call === undefined ? null : trace.calls[moment.call];
    const why = moment
      ? call && moment.happened === "answered"
        ? [h("span", { dir: "auto" }, call.state), " is answered"]
        : WORDS[moment.happened]
      : "";
    this.slider.setAttribute(
      "aria-valuetext",
      [`Event ${step + 1} of ${trace.size}: ${event.type}`, state, place].filter(Boolean).join(", "),
    );
    // The slider tells its own value.
    this.where.setAttribute("aria-live", document.activeElement === this.slider ? "off" : "polite");
    fill(
      this.where,
      h("span.dbg-count", null, `${(step + 1).toLocaleString("en")} of ${count(trace.size, "event")}`),
      h("span.dbg-event", { class: isFailure(event) && "dbg-failed" }, event.type),
      state ? h("b", { dir: "auto" }, state) : null,
      place ? h("span", null, place) : null,
      h("span.dbg-time", null, offset(trace.elapsed(event))),
      why ? h("span.muted.dbg-why", null, why) : null,
    );
    this.#enable(this.buttons.first, step > 0);
    this.#enable(this.buttons.back, step > 0);
    this.#enable(this.buttons.previousEntry, trace.previousEntry(step) >= 0);
    this.#enable(this.buttons.forward, step < trace.size - 1);
    this.#enable(this.buttons.last, step < trace.size - 1);
    this.#enable(this.buttons.nextEntry, trace.nextEntry(step) >= 0);
    setText(this.failure.lastChild, trace.nextFailure(step) < 0 && trace.failures[0] < step ? "First failure" : "Next failure");
    this.#enable(this.failure, trace.failures.length > 1 || trace.failures[0] !== step);
  }

  /** The next failure; behind the last one it begins again. */
  nextFailure() {
    const next = this.trace.nextFailure(this.step);
    return next >= 0 ? next : (this.trace.failures[0] ?? -1);
  }

  /** A key of the debugger; whether it was one. */
  key(key) {
    const { trace, step } = this;
    if (!trace) return false;
    const steps = {
      ",": step - 1,
      ".": step + 1,
      "<": trace.previousEntry(step),
      ">": trace.nextEntry(step),
      x: this.nextFailure(),
    };
    if (!Object.hasOwn(steps, key)) return false;
    this.#to(steps[key]);
    return true;
  }

  #to(step) {
    if (step >= 0 && step < this.trace.size && step !== this.step) this.go(step);
  }

  // A button that ceases to work keeps the focus, and is only said to be of no use.
  #enable(button, isOn) {
    if (isOn) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", "true");
  }
}

const GLYPHS = {
  first: "M4 3v10M12.5 3 6.5 8l6 5z",
  "back-state": "M8 3 2.5 8 8 13zM14 3 8.5 8l5.5 5z",
  back: "M10.5 3 4.5 8l6 5z",
  forward: "M5.5 3l6 5-6 5z",
  "forward-state": "M2 3l5.5 5L2 13zM8 3l5.5 5L8 13z",
  last: "M12 3v10M3.5 3l6 5-6 5z",
};

function glyph(name) {
  return s("svg.icon", { viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d: GLYPHS[name] }));
}
