// What can be done with an execution: stop, redrive, start again, save.

import { call, post } from "../api.js";
import { announce } from "../announce.js";
import { copyButton, download } from "../copy.js";
import { field, openDialog, reasonedButton } from "../dialog.js";
import { h } from "../dom.js";
import { nameOfArn } from "../format.js";
import { readOnlyReason } from "../notices.js";
import { startDialog } from "./start.js";

export function executionActions(model, about) {
  const name = nameOfArn(model.executionArn);
  const stop = reasonedButton({ label: "Stop", iconName: "stop", tone: "danger", act: () => stopDialog(model), tell: announce });
  const redrive = reasonedButton({ label: "Redrive", iconName: "redrive", act: () => redriveDialog(model), tell: announce });
  const again = reasonedButton({ label: "Start again", iconName: "again", act: () => startAgain(model), tell: announce });
  const test = reasonedButton({ label: "Test file", iconName: "test", act: () => testFileDialog(model), tell: announce });
  const save = reasonedButton({
    label: "Save history",
    name: "Save history as JSON",
    iconName: "download",
    act: () => saveHistory(model, name),
    tell: announce,
  });
  const element = h("div.buttons.actions", null, stop.element, redrive.element, again.element, test.element, save.element);

  function update() {
    const { description } = model;
    const readOnly = readOnlyReason(about);
    const unknown = description ? null : "The execution is not loaded yet";
    stop.setReason(unknown ?? readOnly ?? (model.isRunning ? null : "It does not run any more"));
    redrive.setReason(unknown ?? readOnly ?? redriveReason(description));
    again.setReason(unknown ?? readOnly);
    test.setReason(unknown ?? (model.isRunning ? "A test needs an execution that has ended" : null));
    save.setReason(model.history.size === 0 ? "There is no event yet" : null);
  }

  return { element, update };
}

function redriveReason(description) {
  if (description.status === "RUNNING") return "It is running";
  if (description.status === "SUCCEEDED") return "It has succeeded: only what failed can be redriven";
  if (description.redriveStatus && description.redriveStatus !== "REDRIVABLE")
    return description.redriveStatusReason ?? "It cannot be redriven";
  return null;
}

async function stopDialog(model) {
  const error = h("input", { type: "text", maxlength: 256 });
  const cause = h("textarea", { rows: 3, maxlength: 32768 });
  const isSent = await openDialog({
    title: "Stop this execution?",
    hint: "What its tasks have begun is not undone.",
    action: "Stop it",
    tone: "danger",
    body: [field("Error", error, "May be left empty."), field("Cause", cause)],
    async send() {
      await call("StopExecution", {
        executionArn: model.executionArn,
        error: error.value || undefined,
        cause: cause.value || undefined,
      });
      return true;
    },
  });
  if (isSent) announce("Stopped");
}

async function redriveDialog(model) {
  const origin = model.history.failed();
  const isSent = await openDialog({
    title: "Redrive this execution?",
    action: "Redrive",
    body: h(
      "p",
      null,
      "It goes on with the same input ",
      origin ? ["at ", h("q", { dir: "auto" }, origin.state), ", where it failed"] : "where it ended",
      ". States that have succeeded are not run again.",
    ),
    async send() {
      await call("RedriveExecution", { executionArn: model.executionArn });
      return true;
    },
  });
  if (isSent) announce("Redriven");
}

function startAgain(model) {
  const { description } = model;
  const { stateMachineArn, input, stateMachineVersionArn, stateMachineAliasArn } = description;
  const used = stateMachineAliasArn ?? stateMachineVersionArn;
  const targets = used
    ? [
        { arn: used, label: `As before: ${nameOfArn(used)}` },
        { arn: stateMachineArn, label: "The latest definition" },
      ]
    : [];
  startDialog({
    stateMachineArn,
    machineName: nameOfArn(stateMachineArn),
    input: input ?? "{}",
    targets,
    title: "Start again with the same input",
  });
}

function saveHistory(model, name) {
  const { history } = model;
  download(`${name}.history.json`, JSON.stringify({ events: history.events.slice(1) }, null, 2));
}

/** Makes a test file of an execution, shows it, and saves it. */
async function testFileDialog(model) {
  const name = nameOfArn(model.executionArn);
  announce("Making a test file");
  let made;
  try {
    made = await post("api/test-file", { executionArn: model.executionArn, forks: [], name });
  } catch (error) {
    await openDialog({ title: "No test file can be made of this execution", body: h("p", null, error.message) });
    return;
  }
  showTestFile(made);
}

/** Shows a test file with its definition: `{ fileName, text, definitionFileName, definition }`. */
function showTestFile(made) {
  const file = (fileName, text) =>
    h(
      "div.data-section",
      null,
      h(
        "div.panel-line",
        null,
        h("h3.mono", { dir: "auto" }, fileName),
        h(
          "div.buttons",
          null,
          copyButton(() => text, `Copy ${fileName}`),
          h("button.secondary", { type: "button", onclick: () => download(fileName, text, "text/plain") }, "Save"),
        ),
      ),
      h("pre.json-text", { tabindex: 0, role: "group", "aria-label": fileName }, text),
    );
  return openDialog({
    title: "Test file",
    body: [
      h(
        "p",
        null,
        "It was run once and passes. Save both files to the same folder and run ",
        h("code", null, `asl test ${made.fileName}`),
        ".",
      ),
      file(made.fileName, made.text),
      made.definition ? file(made.definitionFileName, made.definition) : null,
    ],
  });
}
