// Would the edited definition finish what runs? Each running execution of the machine is tried on it.

import { post } from "../api.js";
import { fill, h, setText } from "../dom.js";
import { count } from "../format.js";
import { link } from "../router.js";

const VERDICTS = {
  same: { words: "Goes on", tone: "succeeded", what: "has taken the path that the text takes" },
  other: { words: "Goes on otherwise", tone: "caught", what: "would have taken another path" },
  cannot: { words: "Cannot go on", tone: "failed", what: "stands where the text has no place for it" },
};
const ORDER = ["cannot", "other", "same"];

export class FinishPanel {
  /** `text()` and `type()` give the definition. */
  constructor({ stateMachineArn, text, type }) {
    Object.assign(this, { stateMachineArn, text, type });
    // The definition of which the result tells, as it was sent.
    this.tried = null;
    this.button = h("button.primary", { type: "button", onclick: () => this.#ask() }, "Try it");
    this.stale = h("p.ed-finish-stale", { role: "status", hidden: true });
    this.result = h("div", { "aria-live": "polite" });
    this.element = h(
      "div.ed-finish",
      null,
      h(
        "p.hint",
        null,
        "Each execution that runs is tried on the text as it is now. ",
        "Nothing is changed: an execution ends with the definition with which it began.",
      ),
      h("div.buttons", null, this.button),
      this.stale,
      this.result,
    );
  }

  /** The text may be another than the result tells of. */
  changed() {
    const isStale = this.tried !== null && this.tried !== this.text();
    this.stale.hidden = !isStale;
    setText(this.stale, isStale ? "The text has been changed since: this is of the text as it was." : "");
  }

  async #ask() {
    const definition = this.text();
    this.button.disabled = true;
    try {
      const { executions, isCut } = await post("api/finish", {
        stateMachineArn: this.stateMachineArn,
        definition,
        type: this.type(),
      });
      fill(
        this.result,
        executions === null ? h("div.problem", null, "The text has errors: mend them first.") : list(executions, isCut),
      );
    } catch (error) {
      fill(this.result, h("div.problem", { role: "alert" }, error.message));
    } finally {
      this.tried = definition;
      this.changed();
      this.button.disabled = false;
    }
  }
}

function list(executions, isCut) {
  if (executions.length === 0) return h("p.none", null, "No execution runs.");
  const sorted = [...executions].sort((one, other) => ORDER.indexOf(one.verdict) - ORDER.indexOf(other.verdict));
  const summary = ORDER.map((verdict) => [
    verdict,
    executions.filter((execution) => execution.verdict === verdict).length,
  ]).filter(([, times]) => times > 0);
  return [
    h(
      "p.ed-finish-summary",
      null,
      summary.map(([verdict, times], index) => [
        index > 0 ? ", " : "",
        h("b", null, times.toLocaleString("en")),
        ` ${VERDICTS[verdict].words.toLowerCase()}`,
      ]),
    ),
    h(
      "ul.ed-verdicts",
      { "aria-label": "Executions that run" },
      sorted.map(({ executionArn, name, verdict, states, reason }) =>
        h(
          "li",
          null,
          h("a", { href: link("executions", executionArn), dir: "auto" }, name),
          badge(verdict),
          h("span.ed-in", { dir: "auto" }, states.length > 0 ? `in ${states.join(", ")}` : ""),
          h("span.ed-reason", { dir: "auto" }, reason.replaceAll("`", "'")),
        ),
      ),
    ),
    isCut ? h("p.hint", null, `Only the first ${count(executions.length, "execution")} are listed.`) : null,
  ];
}

function badge(verdict) {
  const { words, tone, what } = VERDICTS[verdict] ?? { words: verdict, tone: "", what: "" };
  return h("span.status", { class: tone, title: what }, words);
}
