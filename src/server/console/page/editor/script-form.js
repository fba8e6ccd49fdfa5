// The answers of tasks in a simulated run: for each task state a list, from which each call takes the next.

import { openDialog } from "../dialog.js";
import { fill, h, icon } from "../dom.js";
import { answerForm } from "../debugger/answer-form.js";
import { stateIn, taskNames } from "../debugger/definition.js";
import { answerWords } from "../debugger/session.js";

export class ScriptForm {
  /** `changed(script)` is called after each change. */
  constructor({ script, changed }) {
    this.script = script;
    this.changed = changed;
    this.definition = null;
    this.element = h("div.ed-script");
  }

  /** Shows the tasks of a definition; answers of states that are gone stay until they are removed. */
  show(definition) {
    this.definition = definition;
    const names = [
      ...new Set([...taskNames(definition), ...Object.keys(this.script).filter((name) => this.script[name].length > 0)]),
    ];
    if (names.length === 0) {
      fill(this.element, h("p.muted", null, "The definition has no task: nothing needs an answer."));
      return;
    }
    fill(
      this.element,
      h(
        "ul.ed-tasks",
        null,
        names.map((name) => this.#task(name)),
      ),
    );
  }

  /** Adds answers to a state's list. */
  add(name, ...answers) {
    this.script[name] = [...this.#answers(name), ...answers];
    this.#tell();
  }

  #answers(name) {
    return Object.hasOwn(this.script, name) ? this.script[name] : [];
  }

  #task(name) {
    const found = stateIn(this.definition, name)?.state ?? null;
    const resource = typeof found?.Resource === "string" ? found.Resource : "";
    const answers = this.#answers(name);
    return h(
      "li.ed-task",
      null,
      h(
        "div.ed-task-head",
        null,
        h("b", { dir: "auto" }, name),
        h("span.muted.mono", { dir: "auto" }, found ? resource.split(":").slice(-2).join(":") : "not in the definition"),
        h(
          "button.secondary.small",
          { type: "button", "aria-label": `Add an answer of ${name}`, onclick: () => this.#edit(name, answers.length, found) },
          icon("plus"),
          "Answer",
        ),
      ),
      answers.length === 0
        ? null
        : h(
            "ol.ed-answers",
            null,
            answers.map((answer, index) =>
              h(
                "li",
                null,
                h(
                  "button.link",
                  { type: "button", dir: "auto", onclick: () => this.#edit(name, index, found) },
                  answerWords(answer),
                ),
                h(
                  "button.quiet.small",
                  {
                    type: "button",
                    "aria-label": `Remove answer ${index + 1} of ${name}`,
                    onclick: () => this.#remove(name, index),
                  },
                  icon("close"),
                ),
              ),
            ),
          ),
    );
  }

  #edit(name, index, state) {
    const answers = this.#answers(name);
    const form = answerForm({ state, resource: state?.Resource ?? "", answer: answers[index] ?? null });
    return openDialog({
      title: `Answer ${index + 1} of ${name}`,
      action: "Keep",
      body: form.element,
      send: async () => {
        this.script[name] = answers.toSpliced(index, 1, form.answer());
        this.#tell();
      },
    });
  }

  #remove(name, index) {
    this.script[name] = this.#answers(name).toSpliced(index, 1);
    this.#tell();
    this.element.querySelector("button")?.focus();
  }

  #tell() {
    this.show(this.definition);
    this.changed(this.script);
  }
}
