// Tries an expression on the data where one stands; the result follows the typing.

import { fill, h, setText, uniqueId } from "../dom.js";
import { bytes } from "../format.js";
import { excerptOf } from "../json-text.js";
import { jsonView } from "../json.js";
import { stateIn } from "./definition.js";
import { jsonText, postExact } from "./exact-json.js";
import { isWorkDone, stageWords, stagesOf, variablesOf } from "./stages.js";
import { variablesAt } from "../visits.js";

const WAIT = 250;

export class ExpressionPanel {
  /** `facts()` gives what is known of the execution for the Context object. */
  constructor(facts) {
    this.facts = facts;
    this.request = null;
    this.timer = 0;
    this.isLanguageChosen = false;
    const id = uniqueId("expression");
    this.stage = h("select", { id: `${id}-stage`, onchange: () => this.#soon(0) });
    this.language = h(
      "select",
      {
        id: `${id}-language`,
        onchange: () => {
          this.isLanguageChosen = true;
          this.#hint();
          this.#soon(0);
        },
      },
      h("option", { value: "JSONPath" }, "JSONPath"),
      h("option", { value: "JSONata" }, "JSONata"),
    );
    this.text = h("textarea.dbg-expression-text", {
      id,
      rows: 2,
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      dir: "ltr",
      "aria-describedby": `${id}-hint`,
      oninput: () => this.#soon(WAIT),
    });
    this.hint = h("p.hint", { id: `${id}-hint` });
    this.result = h("div.dbg-result", { "aria-live": "polite" });
    this.element = h(
      "details.dbg-expression",
      { ontoggle: () => this.#refresh() },
      h("summary", null, h("h3", null, "Try an expression")),
      h(
        "div.dbg-expression-body",
        null,
        h(
          "div.dbg-expression-line",
          null,
          h("div.field", null, h("label", { for: `${id}-stage` }, "On"), this.stage),
          h("div.field", null, h("label", { for: `${id}-language` }, "Language"), this.language),
        ),
        h("div.field", null, h("label", { for: id }, "Expression"), this.text, this.hint),
        this.result,
      ),
    );
    this.#hint();
  }

  show(trace, step, visit, definition) {
    this.element.hidden = !visit;
    this.at = visit ? { trace, visit, step, definition } : null;
    this.#refresh();
  }

  // The data is measured only where the panel is open.
  #refresh() {
    if (!this.at || !this.element.open) return;
    const { trace, visit, step, definition } = this.at;
    const known = stagesOf(trace, visit).filter(({ isLate }) => !isLate || isWorkDone(trace, visit, step));
    this.known = new Map(known.map(({ stage, value }) => [stage, value]));
    const chosen = this.known.has(this.stage.value) ? this.stage.value : (known.at(-1)?.stage ?? "");
    fill(
      this.stage,
      known.map(({ stage, value }) =>
        h("option", { value: stage }, `${stageWords(stage).label} (${bytes(jsonText(value).length)})`),
      ),
    );
    this.stage.value = chosen;
    const language = stateIn(definition, visit.state)?.language;
    if (language && !this.isLanguageChosen) this.language.value = language;
    this.#hint();
    this.#soon(WAIT);
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
  }

  #hint() {
    setText(
      this.hint,
      this.language.value === "JSONata"
        ? "As within {% and %}: $states.input, $states.context, $states.result, $variable"
        : "A path or an intrinsic function: $.order.id, $$.State.Name, $variable, States.Format('{}', $.id)",
    );
  }

  #soon(wait) {
    clearTimeout(this.timer);
    if (!this.element.open || !this.at) return;
    this.timer = setTimeout(() => this.#evaluate(), wait);
  }

  async #evaluate() {
    this.request?.abort();
    const expression = this.text.value;
    if (expression.trim() === "") {
      fill(this.result);
      return;
    }
    const { trace, visit, step } = this.at;
    const request = new AbortController();
    this.request = request;
    const isJsonata = this.language.value === "JSONata";
    const result = isJsonata && this.known.has("Result") ? { result: this.known.get("Result") } : {};
    try {
      const answer = await postExact(
        "api/evaluate",
        {
          language: this.language.value,
          expression,
          input: this.known.get(this.stage.value) ?? null,
          variables: variablesOf(trace, visit, trace.run ? new Map() : variablesAt(visit)),
          context: contextOf(trace, visit, step, this.facts()),
          ...result,
        },
        request.signal,
      );
      if (!request.signal.aborted)
        fill(
          this.result,
          answer.error === undefined
            ? jsonView(jsonText(answer.value), { label: "Result of the expression" })
            : problem(answer, expression),
        );
    } catch (error) {
      if (!request.signal.aborted) fill(this.result, h("div.problem", null, error.message));
    }
  }
}

function problem({ error, cause, from }, expression) {
  const inner = innerOf(expression);
  // The server counts characters, the page UTF-16 units.
  const offset = Number.isInteger(from) ? [...inner].slice(0, from).join("").length : null;
  return h(
    "div.problem",
    null,
    h("p", { dir: "auto" }, h("b", null, error), cause ? `: ${cause.replaceAll("`", "'")}` : ""),
    offset === null
      ? null
      : h("pre", { tabindex: 0, role: "group", "aria-label": "Where the error is" }, excerptOf(inner, offset)),
  );
}

// What is evaluated of what was typed: the server leaves away what surrounds an expression in a definition.
function innerOf(expression) {
  const trimmed = expression.trim();
  return trimmed.startsWith("{%") && trimmed.endsWith("%}") ? trimmed.slice(2, -2).trim() : trimmed;
}

/** The Context object as far as it is known. */
function contextOf(trace, visit, step, facts) {
  const iteration = [...scopesOf(visit)].find(({ kind }) => kind === "iteration");
  const run = iteration && trace.runVisit(iteration.visit);
  const items = run?.stages.find(({ stage }) => stage === "ItemsPath")?.value ?? null;
  const attempts = visit.attempts.filter(({ scheduledId }) => scheduledId <= (trace.event(step)?.id ?? 0)).length;
  return {
    Execution: {
      Id: facts.executionArn ?? "",
      Input: trace.run?.input ?? null,
      Name: facts.name ?? "",
      RoleArn: facts.roleArn ?? "",
      StartTime: new Date(trace.started).toISOString(),
      RedriveCount: trace.history.redrives.length,
    },
    State: { EnteredTime: new Date(visit.entered).toISOString(), Name: visit.state, RetryCount: Math.max(0, attempts - 1) },
    StateMachine: { Id: facts.stateMachineArn ?? "", Name: facts.stateMachineName ?? "" },
    ...(iteration
      ? { Map: { Item: { Index: iteration.index, Value: Array.isArray(items) ? (items[iteration.index] ?? null) : null } } }
      : {}),
  };
}

function* scopesOf(visit) {
  for (let scope = visit.scope; scope; scope = scope.visit?.scope) yield scope;
}
