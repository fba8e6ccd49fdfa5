// Runs the text of the editor in virtual time. Calls that have no answer are asked for one by one; the run is shown in the
// debugger.

import { post } from "../api.js";
import { announce } from "../announce.js";
import { fill, h, icon } from "../dom.js";
import { duration } from "../format.js";
import { jsonInput } from "../json-input.js";
import { jsonView } from "../json.js";
import { statusBadge } from "../status.js";
import { answerForm } from "../debugger/answer-form.js";
import { readDefinition, stateIn } from "../debugger/definition.js";
import { jsonText, parseExact } from "../debugger/exact-json.js";
import { Session, callName } from "../debugger/session.js";
import { loadStyle } from "../debugger/style.js";
import { DebuggerView } from "../debugger/view.js";
import { ScriptForm } from "./script-form.js";

/** Calls of one state that are answered alike in one go. */
const MOST_ALIKE = 1_000;

export class RunPanel {
  /** `text()` and `type()` give what is run, `name` what it is called; `kept` and `keep(members)` are the draft's. */
  constructor({ text, type, name, kept, keep }) {
    Object.assign(this, { text, type, name, keep });
    this.view = null;
    this.runs = 0;
    this.input = jsonInput({
      label: "Input",
      text: kept?.input ?? "{}",
      rows: 6,
      changed: () => this.input && keep({ input: this.input.value() }),
    });
    this.script = new ScriptForm({ script: kept?.script ?? {}, changed: (script) => keep({ script }) });
    this.start = h("button.primary", { type: "button", onclick: () => this.run() }, icon("play"), "Run");
    this.problem = h("div", { "aria-live": "polite" });
    this.asked = h("div");
    this.result = h("div.ed-run-result");
    this.debugged = h("div");
    this.element = h(
      "div.ed-run",
      null,
      h(
        "p.hint",
        null,
        "It runs in virtual time: a wait of a day takes no time, and nothing is called. ",
        "What has no answer here is asked for when the run comes to it.",
      ),
      h(
        "div.ed-run-form",
        null,
        this.input.element,
        h("div.field", null, h("h3", null, "Answers of the tasks"), this.script.element),
      ),
      h("div.buttons", null, this.start),
      this.problem,
      this.asked,
      this.result,
      this.debugged,
    );
  }

  /** Tells what the text is now. */
  show(definition) {
    this.script.show(definition);
  }

  async run() {
    if (!this.input.isValid()) {
      this.input.focus();
      return;
    }
    const own = (this.runs += 1);
    const definition = this.text();
    const request = {
      definition,
      type: this.type(),
      name: this.name,
      input: parseExact(this.input.value()),
      tasks: this.script.script,
    };
    const session = new Session({ path: "api/simulate", request });
    this.start.disabled = true;
    try {
      const [drawn] = await Promise.all([
        post("api/check", { definition, type: this.type() }).catch(() => null),
        session.load(),
        loadStyle("debugger/debugger.css"),
      ]);
      if (own !== this.runs) return;
      fill(this.problem);
      this.#show(session, request, drawn?.diagram ?? null);
    } catch (error) {
      if (own !== this.runs) return;
      this.#clear();
      fill(
        this.problem,
        h("div.problem", null, error.diagnostics ? "The text has errors: mend them first, then it runs." : error.message),
      );
    } finally {
      this.start.disabled = false;
    }
  }

  close() {
    // What still runs is shown no more.
    this.runs += 1;
    this.view?.close();
  }

  #clear() {
    this.view?.close();
    this.view = null;
    fill(this.asked);
    fill(this.result);
    fill(this.debugged);
  }

  #show(session, request, diagram) {
    this.#clear();
    const { base } = session;
    const unknown = base.calls.findIndex((call) => call.isUnknown);
    const parsed = readDefinition(request.definition);
    if (unknown >= 0) this.#ask(base.calls[unknown], parsed, base.calls.filter((call) => call.isUnknown).length);
    else fill(this.result, ending(base.run));
    this.view = new DebuggerView({
      session,
      definition: parsed,
      diagram,
      facts: () => ({ executionArn: "", name: "simulated", stateMachineName: this.name }),
      saved: (forks) => ({ ...request, forks, machineName: this.name }),
      answerUnknown: (call, answer, isForAll) => this.#answer(call, answer, isForAll),
      asksElsewhere: true,
    });
    fill(this.debugged, h("section", { "aria-label": "The run" }, this.view.element));
    this.view.show(base, unknown >= 0 ? base.stepOfCall(unknown) : 0);
    announce(
      unknown >= 0 ? `${base.calls[unknown].state} needs an answer` : `The run has ended: ${base.run.status.toLowerCase()}`,
    );
  }

  #ask(call, definition, count) {
    const state = stateIn(definition, call.state)?.state;
    const form = answerForm({ state, resource: call.resource });
    const isForAll = h("input", { type: "checkbox" });
    const problem = h("p.problem", { role: "alert", hidden: true });
    const button = h("button.primary", { type: "button", onclick: () => send() }, "Answer and go on");
    const send = async () => {
      button.disabled = true;
      try {
        await this.#answer(call, form.answer(), isForAll.checked);
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
      } finally {
        button.disabled = false;
      }
    };
    const title = h("h3", { tabindex: -1 }, "Answer ", h("span", { dir: "auto" }, callName(call)));
    fill(
      this.asked,
      h(
        "section.ed-asked",
        { "aria-label": "A call without an answer" },
        title,
        h(
          "p.muted",
          null,
          count > 1 ? `${count} calls have no answer; this is the first.` : "This call has no answer.",
          " Until then it fails here with Replay.NotRecorded.",
        ),
        h(
          "div.ed-asked-parts",
          null,
          h("div", null, h("h4", null, "It is called with"), jsonView(jsonText(call.input), { label: "Input of the call" })),
          form.element,
        ),
        call.iterations.length > 0 || count > 1
          ? h("label.dbg-all", null, isForAll, "The same for the calls of this state that follow")
          : null,
        problem,
        h("div.buttons", null, button),
      ),
    );
    title.focus({ preventScroll: true });
  }

  // An answer joins the script, so that the next run has it too.
  async #answer(call, answer, isForAll) {
    this.script.add(call.state, answer);
    await this.run();
    for (let times = 0; isForAll && times < MOST_ALIKE; times += 1) {
      const calls = this.view?.options.session.base.calls.filter((known) => known.isUnknown && known.state === call.state) ?? [];
      if (calls.length === 0) break;
      this.script.add(call.state, ...calls.map(() => answer));
      await this.run();
    }
  }
}

function ending({ status, error, cause, output, elapsed }) {
  return h(
    "div.ed-ending",
    { role: "status" },
    h("p", null, statusBadge(status), " ", h("span.muted", null, `after ${duration(elapsed)} of virtual time`)),
    error ? h("p.dbg-error", { dir: "auto" }, h("b", null, error), cause ? `: ${cause.slice(0, 600)}` : "") : null,
    status === "SUCCEEDED" ? jsonView(jsonText(output), { label: "Output of the run" }) : null,
  );
}
