// The dialog that starts an execution.

import { call } from "../api.js";
import { announce } from "../announce.js";
import { field, openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { jsonInput } from "../json-input.js";
import { jsonView } from "../json.js";
import { link, navigate } from "../router.js";
import { statusBadge } from "../status.js";
import { pretty } from "../json-text.js";

/** The input that was last given to a machine, so that the next start need not type it again. */
const lastInputs = new Map();

/**
 * Asks for a name and an input and starts. `targets` is a list of { arn, label } to start by: the machine itself, its
 * aliases and versions.
 */
export async function startDialog({ stateMachineArn, machineName, type, input, targets = [], title }) {
  const name = h("input", {
    type: "text",
    maxlength: 80,
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "a random one",
    dir: "auto",
  });
  const text = input ?? lastInputs.get(stateMachineArn) ?? "{}";
  const json = jsonInput({ label: "Input", text: input === undefined ? text : pretty(text), rows: 10, isFirst: true });
  const target =
    targets.length > 1
      ? h(
          "select",
          null,
          targets.map(({ arn, label }) => h("option", { value: arn }, label)),
        )
      : null;
  const isExpress = type === "EXPRESS";
  const result = h("div", { "aria-live": "polite" });
  let started = null;
  const isStarted = await openDialog({
    title: title ?? `Start ${machineName}`,
    action: "Start",
    body: [field("Name", name, "May be left empty."), target ? field("Version or alias", target) : null, json.element, result],
    async send() {
      if (!json.isValid()) {
        json.focus();
        return false;
      }
      const request = {
        stateMachineArn: target?.value ?? stateMachineArn,
        input: json.value(),
        name: name.value.trim() || undefined,
      };
      lastInputs.set(stateMachineArn, json.value());
      if (isExpress) {
        fill(result, h("p.muted", null, "Running …"));
        const answer = await call("StartSyncExecution", request).catch((error) => {
          fill(result);
          throw error;
        });
        showResult(result, answer);
        return false;
      }
      started = await call("StartExecution", request);
      return true;
    },
  });
  if (!isStarted || !started) return;
  announce("Started");
  navigate(link("executions", started.executionArn));
}

// An Express execution is not kept: its result is all there is.
function showResult(element, answer) {
  fill(
    element,
    h(
      "div.sync-result",
      null,
      h("p", null, statusBadge(answer.status), " ", h("strong", { dir: "auto" }, answer.error ?? "")),
      answer.cause ? h("pre.cause", { tabindex: 0 }, pretty(answer.cause)) : null,
      answer.output ? jsonView(answer.output, { label: "Output" }) : null,
    ),
  );
}
