// A form for one answer of a task: a value, an error, a timeout, a lost heartbeat.

import { fill, h, setText, uniqueId } from "../dom.js";
import { field } from "../dialog.js";
import { jsonInput } from "../json-input.js";
import { errorNames, rulesFor } from "./definition.js";
import { jsonText, parseExact } from "./exact-json.js";

const KINDS = [
  ["result", "A value"],
  ["error", "An error"],
  ["timeout", "A timeout"],
  ["heartbeatLoss", "A lost heartbeat"],
];

/**
 * `{ element, answer() }`: `answer()` gives the answer as the server takes it, or throws an error that says what is missing.
 *
 * `state` is the task's definition, `resource` what it calls, `answer` what is recorded of it.
 */
export function answerForm({ state, resource = "", answer = null }) {
  const group = uniqueId("answer");
  const first =
    answer?.error !== undefined ? "error" : answer?.timeout ? "timeout" : answer?.heartbeatLoss ? "heartbeatLoss" : "result";
  let kind = first;
  const result = jsonInput({ label: "The value", text: pretty(answer?.result ?? templateOf(resource)), rows: 7 });
  const names = errorNames(state);
  const listId = uniqueId("errors");
  const name = h("input", { type: "text", list: listId, autocomplete: "off", spellcheck: "false", oninput: tell });
  name.value = answer?.error ?? names[0] ?? "";
  const cause = h("input", { type: "text", autocomplete: "off" });
  cause.value = answer?.cause ?? "";
  const after = h("input", { type: "number", min: 0, step: "any", inputmode: "decimal" });
  if (answer?.after > 0) after.value = String(answer.after);
  const consequence = h("p.hint", { "aria-live": "polite" });
  const suggestions = h(
    "div.dbg-suggestions",
    { role: "group", "aria-label": "Errors that the state knows" },
    names.map((known) =>
      h(
        "button.secondary.small",
        {
          type: "button",
          onclick: () => {
            name.value = known;
            tell();
            name.focus();
          },
        },
        known,
      ),
    ),
  );
  const bodies = {
    result: h(
      "div.dbg-answer-body",
      null,
      result.element,
      /lambda:invoke/.test(resource) ? h("p.hint", null, "What the function returns stands in Payload.") : null,
    ),
    error: h(
      "div.dbg-answer-body",
      null,
      field("The error's name", name),
      h(
        "datalist",
        { id: listId },
        names.map((known) => h("option", { value: known })),
      ),
      suggestions,
      consequence,
      field("The cause", cause),
    ),
    timeout: h("div.dbg-answer-body", null, h("p.hint", null, timeoutHint(state))),
    heartbeatLoss: h(
      "div.dbg-answer-body",
      null,
      h(
        "p.hint",
        null,
        hasHeartbeat(state)
          ? "The worker is silent for longer than the heartbeat allows."
          : "The state has no heartbeat: it would wait until its timeout.",
      ),
    ),
  };
  const delay = field("Seconds until it comes", after, "Empty: at once.");
  const body = h("div");

  function tell() {
    const rules = name.value === "" ? "" : rulesFor(state, name.value);
    setText(
      consequence,
      name.value === "" ? "" : rules ? `In this state it ${rules}.` : "In this state nothing retries or catches it.",
    );
  }

  function show(chosen) {
    kind = chosen;
    fill(body, bodies[kind], kind === "result" || kind === "error" ? delay : null);
  }

  const radios = KINDS.map(([value, label]) =>
    h(
      "label",
      null,
      h("input", { type: "radio", name: group, value, checked: value === first, onchange: () => show(value) }),
      label,
    ),
  );
  tell();
  show(first);
  return {
    element: h(
      "div.dbg-answer",
      null,
      h("fieldset", null, h("legend", null, "The answer"), h("div.choices", null, radios)),
      body,
    ),
    answer() {
      const seconds = after.value.trim() === "" ? {} : { after: Number(after.value) };
      if (seconds.after < 0 || Number.isNaN(seconds.after)) throw new Error("The seconds are a number, 0 or more.");
      if (kind === "timeout") return { timeout: true };
      if (kind === "heartbeatLoss") return { heartbeatLoss: true };
      if (kind === "error") {
        if (name.value.trim() === "") throw new Error("The error has no name.");
        return { error: name.value.trim(), cause: cause.value, ...seconds };
      }
      if (!result.isValid()) {
        result.focus();
        throw new Error("The value is no JSON.");
      }
      return { result: parseExact(result.value()), ...seconds };
    },
  };
}

function pretty(value) {
  return JSON.stringify(value, null, 2) ?? "null";
}

/** What an answer of a service looks like at the least. */
function templateOf(resource) {
  if (/states:::lambda:invoke/.test(resource)) return { StatusCode: 200, Payload: {} };
  return {};
}

function timeoutHint(state) {
  const seconds = state?.TimeoutSeconds ?? state?.TimeoutSecondsPath;
  return seconds === undefined
    ? "The task fails with States.Timeout. The state names no timeout of its own."
    : `The task fails with States.Timeout after its TimeoutSeconds: ${jsonText(seconds)}.`;
}

function hasHeartbeat(state) {
  return state?.HeartbeatSeconds !== undefined || state?.HeartbeatSecondsPath !== undefined;
}
