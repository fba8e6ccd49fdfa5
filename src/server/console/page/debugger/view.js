// The debugger of a session: timeline, diagram, frames, the data of a visit, events, calls, other answers.

import { announce } from "../announce.js";
import { DiagramView } from "../diagram.js";
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { Tabs } from "../tabs.js";
import { answerForm } from "./answer-form.js";
import { stateIn } from "./definition.js";
import { ExpressionPanel } from "./expression.js";
import { ForksPanel, unknownNotice } from "./forks-panel.js";
import { drawFrames } from "./frames.js";
import { CallList, EventList } from "./lists.js";
import { drawPath } from "./paths.js";
import { saveTestDialog } from "./save-test.js";
import { answerWords, callName } from "./session.js";
import { Timeline } from "./timeline.js";
import { VisitPanel } from "./visit-panel.js";

export class DebuggerView {
  /**
   * Options: `session`, or null where only a history is there; `definition` as JSON; `diagram`; `facts()` for the Context
   * object; `isRunning` where the execution goes on; `saved(request)` makes a test file's request of forks; `stepped(id)` is
   * told the event one goes to; `answerUnknown(call, answer, isForAll)`, if unknown calls are not answered by forks;
   * `asksElsewhere` where they are asked for outside of this view.
   */
  constructor(options) {
    this.options = options;
    this.trace = null;
    this.step = 0;
    this.selected = null;
    this.timeline = new Timeline((step) => this.go(step));
    this.diagram = new DiagramView({ label: "Diagram", select: (name) => this.#chooseState(name) });
    this.frames = h("div");
    this.visit = new VisitPanel({ answer: (index) => this.#answer(this.trace, index), choose: (visit) => this.#choose(visit) });
    this.expression = new ExpressionPanel(options.facts);
    this.events = new EventList((step) => this.go(step));
    this.calls = new CallList((index) => this.#answer(this.trace, index));
    this.notice = h("div");
    this.which = h("div.dbg-which", { role: "group", "aria-label": "Which run is shown", hidden: true });
    this.forks = new ForksPanel({
      remove: (index) => this.#change(() => options.session.remove(index), "The answer is removed"),
      change: (index) => this.#changeFork(index),
      clear: () => this.#change(() => options.session.clear(), "All answers are as they were"),
      save: () => this.#save(),
      look: (which, visit) => this.#look(which, visit),
    });
    const hasSession = options.session !== null;
    this.tabs = new Tabs({
      label: "Lists of the run",
      tabs: [
        {
          id: "events",
          label: "Events",
          build: () => ({ element: this.events.element, shown: () => this.events.show(this.step) }),
        },
        { id: "calls", label: "Calls", isHidden: !hasSession, build: () => ({ element: this.calls.element }) },
        {
          id: "forks",
          label: "Other answers",
          isHidden: !hasSession,
          build: () => ({ element: h("div.panel-body", null, this.forks.element), shown: () => this.#showForks() }),
        },
      ],
    });
    this.element = h(
      "div.dbg",
      null,
      h("div.dbg-top", null, this.which, this.timeline.element),
      this.notice,
      h(
        "div.dbg-main",
        null,
        h(
          "div.dbg-left",
          null,
          h("div.dbg-diagram", null, this.diagram.element),
          h("section.dbg-frames-panel", { "aria-label": "Frames" }, h("h2.dbg-small-head", null, "Where it is"), this.frames),
        ),
        h("div.dbg-right", null, this.visit.element, this.expression.element),
      ),
      h(
        "div.dbg-bottom",
        null,
        this.tabs.element,
        h("p.dbg-keys.hint", null, "Keys: ", keys(",", "."), " event, ", keys("<", ">"), " state, ", keys("x"), " failure"),
      ),
    );
    this.onKey = (event) => this.#key(event);
    window.addEventListener("keydown", this.onKey);
    this.tabs.show("events");
    this.setDiagram(options.diagram);
  }

  setDiagram(diagram) {
    this.element.classList.toggle("no-diagram", diagram === null);
    if (diagram) this.diagram.draw(diagram);
    this.forks.draw(diagram);
    this.drawn = diagram;
  }

  /** Shows a trace; the step stays where it is, unless `step` says where to go, and `visit` what to look at there. */
  show(trace, step = this.step, visit) {
    this.trace = trace;
    this.timeline.set(trace);
    this.events.set(trace);
    this.calls.set(trace);
    this.tabs.count("events", trace.size);
    if (this.options.session)
      this.tabs.count("calls", trace.calls.length, { alerts: trace.calls.some((call) => call.isUnknown) });
    this.go(Math.max(0, Math.min(step, trace.size - 1)), { isNew: true, visit });
    this.#showWhich();
  }

  go(step, { visit, isNew = false } = {}) {
    const { trace } = this;
    this.step = step;
    this.timeline.show(step);
    if (this.tabs.isShown("events")) this.events.show(step);
    drawPath(this.diagram, trace, step);
    const here = trace.visitAt(step);
    const next = trace.nextVisit(step);
    this.diagram.classify("dbg-here", new Set(here ? [here.state] : []));
    this.diagram.classify("dbg-next", new Set(next ? [next.state] : []));
    this.#choose(visit ?? here);
    if (!isNew) this.options.stepped?.(trace.event(step)?.id ?? null);
  }

  close() {
    window.removeEventListener("keydown", this.onKey);
    for (const part of [this.diagram, this.events, this.calls, this.expression, this.forks]) part.close();
  }

  #choose(visit) {
    const { trace, step } = this;
    this.selected = visit;
    this.diagram.choose(visit?.state ?? null);
    drawFrames(this.frames, trace, step, visit, (chosen) => this.#choose(chosen));
    this.visit.show(trace, step, visit, this.options.definition);
    this.expression.show(trace, step, visit, this.options.definition);
  }

  // The visit of a state that is nearest to the step: the last that has begun, or the first that will.
  #chooseState(name) {
    const visits = this.trace.history.visitsOf(name);
    const id = this.trace.event(this.step)?.id ?? 0;
    const visit = visits.findLast(({ enteredId }) => enteredId <= id) ?? visits[0];
    if (visit) this.#choose(visit);
    else announce(`${name} is not visited in this run`);
  }

  #look(which, visit) {
    const { session } = this.options;
    const trace = which === "base" ? session.base : session.other;
    if (trace !== this.trace) this.show(trace, trace.stepOf(visit.enteredId));
    const last = trace.changes[visit.index].at(-1)?.id ?? visit.enteredId;
    this.go(trace.stepOf(last), { visit });
    this.element.scrollIntoView({ block: "start" });
  }

  #key(event) {
    if (
      event.defaultPrevented ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      this.element.offsetParent === null ||
      document.querySelector("dialog[open]")
    )
      return;
    const { target } = event;
    if (
      target instanceof HTMLElement &&
      (["TEXTAREA", "SELECT"].includes(target.tagName) || (target.tagName === "INPUT" && target.type !== "range"))
    )
      return;
    if (this.timeline.key(event.key)) event.preventDefault();
  }

  // ---- Other answers ------------------------------------------------------------------------------------------------

  #answer(trace, index) {
    const call = trace.calls[index];
    const { definition, session, answerUnknown } = this.options;
    const state = stateIn(definition, call.state)?.state;
    const form = answerForm({ state, resource: call.resource, answer: call.answer });
    const isForAll = h("input", { type: "checkbox" });
    const others = trace.calls.filter((other) => other.isUnknown && other.state === call.state).length;
    const all =
      call.isUnknown && (others > 1 || call.iterations.length > 0)
        ? h("label.dbg-all", null, isForAll, "The same for all calls of this state that have no answer")
        : null;
    return openDialog({
      title: `${call.isUnknown ? "Answer" : "Answer otherwise"}: ${callName(call)}`,
      action: "See what follows",
      body: h(
        "div.dbg-answer-dialog",
        null,
        h(
          "p.muted",
          { dir: "auto" },
          call.isUnknown ? "Nothing is recorded for this call." : `Recorded: ${answerWords(call.answer)}`,
        ),
        form.element,
        all,
      ),
      send: async () => {
        const answer = form.answer();
        if (call.isUnknown && answerUnknown) return answerUnknown(call, answer, isForAll.checked);
        const lost = await session.answer(trace, index, answer, { isForAll: isForAll.checked });
        this.#changed("The run with the other answer is shown", lost);
      },
    });
  }

  #changeFork(index) {
    const { session } = this.options;
    const call = session.callOf(session.forks[index]);
    if (call >= 0) this.#answer(session.other, call);
  }

  async #change(act, words) {
    try {
      this.#changed(words, (await act()) ?? []);
    } catch (error) {
      announce(error.message);
    }
  }

  #changed(words, lost) {
    const { session } = this.options;
    const trace = session.last;
    // One goes on at the first event that is another.
    this.show(trace, trace === session.base ? this.step : firstOther(session.base, trace));
    this.tabs.show(session.forks.length === 0 ? "events" : "forks");
    this.#showForks();
    if (session.forks.length > 0) {
      this.tabs.element.parentElement.scrollIntoView({ block: "start" });
      this.tabs.tabs.get("forks").button.focus({ preventScroll: true });
    } else if (document.activeElement === document.body) this.tabs.tabs.get("events").button.focus({ preventScroll: true });
    announce(lost.length > 0 ? `${words}. No longer asked: ${lost.map(callName).join("; ")}` : words);
  }

  #showForks() {
    if (this.tabs.isShown("forks")) this.forks.show(this.options.session);
  }

  #showWhich() {
    const { session, isRunning } = this.options;
    if (!session) return;
    const { base, other } = session;
    this.tabs.count("forks", session.forks.length === 0 ? null : session.forks.length);
    this.which.hidden = other === null;
    if (other) {
      fill(
        this.which,
        [
          ["What happened", base],
          [`With ${session.forks.length === 1 ? "the other answer" : "other answers"}`, other],
        ].map(([label, trace]) =>
          h(
            "button.dbg-switch",
            {
              type: "button",
              "aria-pressed": String(trace === this.trace),
              onclick: () => {
                if (trace !== this.trace) this.show(trace);
                this.which.querySelector('[aria-pressed="true"]')?.focus();
              },
            },
            label,
          ),
        ),
      );
    }
    if (this.options.asksElsewhere && this.trace === base) fill(this.notice);
    else
      fill(
        this.notice,
        unknownNotice(this.trace, isRunning === true && this.trace === base, (index) => this.#answer(this.trace, index)),
      );
  }

  #save() {
    const { session, saved } = this.options;
    const last = session.forks.at(-1);
    const name = last
      ? `${last.state} ${answerWords({ ...last.answer, after: 0 })}`
      : `${session.base.run.status.toLowerCase().replaceAll("_", " ")} as recorded`;
    saveTestDialog(saved(session.asRequest()), name.slice(0, 120));
  }
}

/** The first event of a trace that is not as in another one. */
function firstOther(base, trace) {
  const length = Math.min(base.size, trace.size);
  for (let step = 0; step < length; step += 1) {
    if (
      base.events[step].type !== trace.events[step].type ||
      JSON.stringify(base.events[step]) !== JSON.stringify(trace.events[step])
    )
      return step;
  }
  return Math.max(0, length - 1);
}

function keys(...names) {
  return names.map((name) => [h("kbd", null, name), " "]);
}
