// The tasks that wait until somebody answers them by their token, and a form to do so.

import { call, get } from "../api.js";
import { announce } from "../announce.js";
import { copyButton } from "../copy.js";
import { field, openDialog, reasonedButton } from "../dialog.js";
import { fill, h, uniqueId } from "../dom.js";
import { jsonInput } from "../json-input.js";
import { readOnlyReason } from "../notices.js";
import { showElapsed } from "../ticker.js";
import { millis } from "../format.js";

/** Answers change what waits without an event at once, so it is asked for now and then while a task is open. */
const LOOK_EVERY = 3_000;

export function waitingPart(model, about) {
  const list = h("ul.waiting-list");
  const none = h("p.none", null, "No task waits for an answer.");
  const element = h("div.panel-body", null, none, list);
  let isAsking = false;
  let askedAt = -1;
  let drawn = "";
  let lastAsked = 0;
  const timer = setInterval(() => ask(true), LOOK_EVERY);

  /** Asks what waits, when the history says that something may. */
  async function ask(isForced = false) {
    const { history } = model;
    if (document.hidden || isAsking || (history.lastId === askedAt && !(isForced && model.waiting.length > 0))) return;
    if (!mayWait(model)) {
      askedAt = history.lastId;
      model.setWaiting([]);
      return;
    }
    // A busy execution has an event every moment: not a question for each.
    if (!isForced && Date.now() - lastAsked < 500) return;
    isAsking = true;
    lastAsked = Date.now();
    const asked = history.lastId;
    try {
      const { tasks } = await get("api/tokens", { executionArn: model.executionArn });
      askedAt = asked;
      model.setWaiting(tasks);
    } catch {
      /* it is asked again */
    } finally {
      isAsking = false;
    }
  }

  function draw() {
    const key = JSON.stringify(model.waiting);
    if (key === drawn) return;
    drawn = key;
    none.hidden = model.waiting.length > 0;
    fill(
      list,
      model.waiting.map((task) => item(task, model, about)),
    );
  }

  return { element, ask, update: draw, shown: draw, close: () => clearInterval(timer) };
}

function mayWait(model) {
  return model.isRunning && model.history.visits.some((visit) => visit.status === "running" && visit.type === "Task");
}

function item(task, model, about) {
  const visit = model.history.visitOf(task.event);
  const answer = reasonedButton({
    label: "Answer",
    name: `Answer ${task.state}`,
    tone: "primary",
    act: () => answerDialog(task),
    tell: announce,
  });
  answer.setReason(readOnlyReason(about));
  return h(
    "li",
    null,
    h(
      "div.panel-line",
      null,
      h(
        "div",
        null,
        visit
          ? h("button.link.strong", { type: "button", dir: "auto", onclick: () => model.selectVisit(visit) }, task.state)
          : h("strong", { dir: "auto" }, task.state),
        h("p.hint", null, h("code", null, task.resource), " waits for ", showElapsed(h("span.number"), millis(task.since), null)),
      ),
      answer.element,
    ),
    h(
      "p.token",
      null,
      h("code", null, task.token),
      copyButton(() => task.token, `Copy the token of ${task.state}`),
    ),
  );
}

async function answerDialog(task) {
  const name = uniqueId("answer");
  const radio = (value, label) => {
    const input = h("input", { type: "radio", name, value, onchange: draw });
    input.checked = value === "success";
    return h("label", null, input, label);
  };
  const output = jsonInput({ label: "Output", text: "{}", rows: 6 });
  const error = h("input", { type: "text", maxlength: 256, placeholder: "Payment.Declined" });
  const cause = h("textarea", { rows: 3, maxlength: 32768 });
  const failure = h("div.fields", { hidden: true }, field("Error", error), field("Cause", cause));
  const choice = h(
    "fieldset",
    null,
    h("legend", null, "The task has"),
    h("div.choices", null, radio("success", "succeeded"), radio("failure", "failed")),
  );
  const isSuccess = () => choice.querySelector("input:checked").value === "success";
  function draw() {
    output.element.hidden = !isSuccess();
    failure.hidden = isSuccess();
  }
  const isSent = await openDialog({
    title: `Answer ${task.state}`,
    body: [choice, output.element, failure],
    action: "Send",
    async send() {
      if (isSuccess() && !output.isValid()) {
        output.focus();
        return false;
      }
      if (isSuccess()) await call("SendTaskSuccess", { taskToken: task.token, output: output.value() });
      else
        await call("SendTaskFailure", {
          taskToken: task.token,
          error: error.value || undefined,
          cause: cause.value || undefined,
        });
      return true;
    },
  });
  if (isSent) announce(`Answered ${task.state}`);
}
