// The calls that are answered otherwise: the list of them, what is still asked for, and the comparison with what happened.

import { fill, h, icon } from "../dom.js";
import { count } from "../format.js";
import { answerWords, callName } from "./session.js";
import { Comparison } from "./compare.js";

/** Unknown calls that are listed one by one. */
const MOST = 8;

export class ForksPanel {
  /** Calls back: `answer(index)` of the last trace, `remove(index)`, `clear()`, `save()`, `look(which, visit)`. */
  constructor(calls) {
    this.calls = calls;
    this.comparison = new Comparison(calls.look);
    this.list = h("div");
    this.element = h("div.dbg-forks", null, this.list, this.comparison.element);
  }

  draw(diagram) {
    this.comparison.draw(diagram);
  }

  show(session) {
    const { forks, base, other } = session;
    this.comparison.element.hidden = other === null;
    if (other) this.comparison.show(base, other);
    if (forks.length === 0) {
      fill(
        this.list,
        h(
          "p.none",
          null,
          "Every call is answered as it was. Choose a call, of a state or in the list of calls, and answer it otherwise: ",
          "what would have followed is shown here, beside what happened.",
        ),
        h("div.buttons", null, this.#save("Save what happened as a test")),
      );
      return;
    }
    fill(
      this.list,
      h(
        "div.dbg-forks-head",
        null,
        h("h3", null, count(forks.length, "other answer")),
        h(
          "div.buttons",
          null,
          this.#save("Save as a test"),
          h("button.secondary", { type: "button", onclick: () => this.calls.clear() }, "Remove all"),
        ),
      ),
      h(
        "ol.dbg-fork-list",
        null,
        forks.map((fork, index) =>
          h(
            "li",
            null,
            h("span", null, h("b", { dir: "auto" }, callName(fork)), h("span", { dir: "auto" }, ` ${answerWords(fork.answer)}`)),
            h(
              "span.buttons",
              null,
              h(
                "button.quiet.small",
                {
                  type: "button",
                  "aria-label": `Change the answer of ${callName(fork)}`,
                  onclick: () => this.calls.change(index),
                },
                "Change",
              ),
              h(
                "button.quiet.small",
                {
                  type: "button",
                  "aria-label": `Remove the answer of ${callName(fork)}`,
                  title: "Remove",
                  onclick: () => this.calls.remove(index),
                },
                icon("close"),
              ),
            ),
          ),
        ),
      ),
    );
  }

  close() {
    this.comparison.close();
  }

  #save(label) {
    return h("button.primary", { type: "button", onclick: () => this.calls.save() }, icon("test"), label);
  }
}

/** Says which calls have no answer, and asks for them; null where there are none. `answer(index)` is called. */
export function unknownNotice(trace, isRunning, answer) {
  const unknown = trace.calls
    .map((call, index) => ({ call, index }))
    .filter(({ call }) => call.isUnknown || (isRunning && call.answer?.never));
  if (unknown.length === 0) return null;
  const isOne = unknown.length === 1;
  const calls = count(unknown.length, "call");
  const lead = isRunning
    ? `${calls} of this execution ${isOne ? "is" : "are"} not answered yet. See what an answer would do:`
    : `Nothing is recorded for ${calls}: without an answer ${isOne ? "it fails" : "they fail"} here with Replay.NotRecorded.`;
  return h(
    "section.dbg-unknown-notice",
    { "aria-label": "Calls without an answer" },
    h("p", null, lead),
    h(
      "div.buttons",
      null,
      unknown
        .slice(0, MOST)
        .map(({ call, index }) =>
          h(
            "button.secondary",
            { type: "button", onclick: () => answer(index) },
            "Answer ",
            h("span", { dir: "auto" }, callName(call)),
          ),
        ),
      unknown.length > MOST ? h("span.muted", null, `and ${unknown.length - MOST} more`) : null,
    ),
  );
}
