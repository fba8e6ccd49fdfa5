// The editor of a definition: the text beside its diagnostics and its diagram; it can be run in virtual time, tried on what
// runs, and saved.

import { announce } from "../announce.js";
import { UNREACHABLE } from "../api.js";
import { whenBack } from "../connection.js";
import { DiagramView } from "../diagram.js";
import { reasonedButton } from "../dialog.js";
import { fill, h, setText } from "../dom.js";
import { parseJson, writeJson } from "../json-text.js";
import { link, navigate } from "../router.js";
import { readOnlyReason } from "../notices.js";
import { Tabs } from "../tabs.js";
import { readDefinition } from "../debugger/definition.js";
import { postExact } from "../debugger/exact-json.js";
import { loadStyle } from "../debugger/style.js";
import { CodeArea } from "./code-area.js";
import { Draft } from "./draft.js";
import { FinishPanel } from "./finish-panel.js";
import { offsetOfState, stateOfPointer } from "./json-lines.js";
import { drawProblems, hasErrors, summaryOf } from "./problems.js";
import { RunPanel } from "./run-panel.js";
import { createMachine, hasChanged, updateMachine } from "./save.js";

const WAIT = 300;
const FIRST_TEXT = `{
  "StartAt": "Hello",
  "States": {
    "Hello": {
      "Type": "Pass",
      "End": true
    }
  }
}`;

/** Shows the editor; gives { close, shown }. `context` is { stateMachineArn or null, about, machine(), reload() }. */
export function mount(element, context) {
  const { stateMachineArn, about } = context;
  const draft = new Draft(stateMachineArn ?? "new");
  const kept = draft.read();
  let machine = context.machine?.() ?? null;
  let saved = machine ? readable(machine.definition) : FIRST_TEXT;
  let diagnostics = null;
  let timer = 0;
  let request = null;
  let isClosed = false;

  const type = h(
    "select",
    { "aria-label": "Type", onchange: () => soon(0) },
    h("option", { value: "STANDARD" }, "Standard"),
    h("option", { value: "EXPRESS" }, "Express"),
  );
  type.value = machine?.type ?? "STANDARD";
  const state = h("span.ed-state-words", { role: "status" });
  const notice = h("div");
  const publishes = h("input", { type: "checkbox" });
  const save = reasonedButton({ label: machine ? "Save" : "Create", tone: "primary", act: () => saveText(), tell: announce });
  const discard = h("button.secondary", { type: "button", onclick: () => discardChanges() }, "Discard changes");
  const code = new CodeArea({ label: "Definition", text: kept?.text ?? saved, changed });
  const format = h("button.secondary", { type: "button", onclick: () => formatText() }, "Format");
  const diagram = new DiagramView({ label: "Diagram of the text", select: (name) => goToState(name) });
  const diagramNote = h("p.ed-diagram-note", { hidden: true });
  const problems = h("div.ed-problem-list");
  const heading = h("h2", null, "Checking");
  const run = new RunPanel({
    text: () => code.value,
    type: () => type.value,
    name: machine?.name ?? "machine",
    kept,
    keep: (members) => draft.keep(members),
  });
  const finish = new FinishPanel({ stateMachineArn, text: () => code.value, type: () => type.value });
  const tabs = new Tabs({
    label: "What to do with the text",
    tabs: [
      { id: "run", label: "Run it", build: () => ({ element: h("div.panel-body", null, run.element) }) },
      {
        id: "finish",
        label: "Would it finish what runs?",
        isHidden: !machine || machine.type === "EXPRESS",
        build: () => ({ element: h("div.panel-body", null, finish.element) }),
      },
    ],
  });

  const view = h(
    "div.ed",
    null,
    notice,
    h(
      "div.ed-bar",
      null,
      save.element,
      h("label.check", null, publishes, "publish a version"),
      discard,
      format,
      machine ? null : type,
      state,
    ),
    h(
      "div.ed-main",
      null,
      h("section.ed-left", { "aria-label": "Text" }, code.element),
      h(
        "div.ed-right",
        null,
        h("section.ed-diagram", { "aria-label": "Diagram" }, diagram.element, diagramNote),
        h("section.ed-diagnostics", { "aria-label": "Diagnostics" }, heading, problems),
      ),
    ),
    h("div.ed-bottom", null, tabs.element),
  );
  const styles = Promise.all([loadStyle("editor/editor.css"), loadStyle("debugger/debugger.css")]);
  styles.then(() => {
    if (isClosed) return;
    fill(element, view);
    tabs.show("run");
    run.show(readDefinition(code.value));
    showKept();
    showState();
    soon(0);
  });

  function isChanged() {
    return code.value !== saved;
  }

  function changed() {
    const isKept = draft.keep({
      text: isChanged() ? code.value : undefined,
      base: isChanged() ? (machine?.revisionId ?? null) : undefined,
    });
    if (!isKept) setText(state, "This browser keeps no text over a reload");
    finish.changed();
    showState();
    soon(WAIT);
  }

  function showKept() {
    if (kept?.text === undefined || kept.text === saved) return;
    const isOlder = machine && kept.base !== undefined && kept.base !== (machine.revisionId ?? null);
    fill(
      notice,
      h(
        "div.dbg-note",
        null,
        h(
          "p",
          null,
          isOlder
            ? "Your text that is not saved is here again. The machine's definition has been changed since you began."
            : "Your text that is not saved is here again.",
        ),
      ),
    );
  }

  function showState() {
    const errors = diagnostics !== null && hasErrors(diagnostics);
    setText(
      state,
      [isChanged() ? "Not saved" : "No change", diagnostics === null ? "" : summaryOf(diagnostics)].filter(Boolean).join(" · "),
    );
    state.classList.toggle("changed", isChanged());
    discard.hidden = !isChanged();
    save.setReason(
      readOnlyReason(about) ?? (errors ? "The text has errors" : machine && !isChanged() ? "Nothing has been changed" : null),
    );
  }

  function soon(wait) {
    clearTimeout(timer);
    timer = setTimeout(check, wait);
  }

  async function check() {
    request?.abort();
    const own = new AbortController();
    request = own;
    const definition = code.value;
    try {
      const answer = await postExact("api/check", { definition, type: type.value }, own.signal);
      if (own.signal.aborted) return;
      diagnostics = answer.diagnostics;
      showChecked(answer, definition);
    } catch (error) {
      if (own.signal.aborted) return;
      setText(heading, "Not checked");
      fill(problems, h("div.problem", null, error.message));
      if (error.type === UNREACHABLE)
        whenBack().then(() => {
          if (request === own) soon(0);
        });
    }
  }

  function showChecked({ diagram: drawn, diagramProblem }, definition) {
    setText(heading, diagnostics.length === 0 ? "Diagnostics" : summaryOf(diagnostics));
    drawProblems(problems, diagnostics, ({ line, column }) => code.goTo(line, column));
    code.mark(diagnostics);
    if (drawn) diagram.draw(drawn);
    diagram.element.classList.toggle("stale", !drawn);
    diagramNote.hidden = Boolean(drawn);
    setText(diagramNote, drawn ? "" : `No diagram: ${(diagramProblem ?? "the text has errors").replaceAll("`", "'")}.`);
    const broken = (severity) =>
      new Set(
        diagnostics
          .filter((diagnostic) => diagnostic.severity === severity)
          .map(({ pointer }) => stateOfPointer(pointer ?? ""))
          .filter(Boolean),
      );
    const errors = broken("ERROR");
    diagram.classify("ed-broken", errors);
    diagram.classify("ed-doubtful", broken("WARNING").difference?.(errors) ?? broken("WARNING"));
    const parsed = readDefinition(definition);
    if (parsed) run.show(parsed);
    showState();
  }

  function goToState(name) {
    const { node } = parseJson(code.value);
    const offset = node ? offsetOfState(node, name) : null;
    if (offset !== null) code.select(offset, offset);
    else announce("The text cannot be read as it is now");
  }

  function formatText() {
    const { node, problem } = parseJson(code.value);
    if (problem) {
      announce("The text is no JSON as it is");
      code.goTo(problem.line, problem.column);
      return;
    }
    const text = writeJson(node, 2);
    if (text !== code.value) code.replaceAll(text);
  }

  function discardChanges() {
    code.replaceAll(saved);
    fill(notice);
    announce("The text is as it was saved; undo brings yours back");
  }

  async function saveText() {
    save.button.disabled = true;
    try {
      const definition = code.value;
      if (!machine) {
        const arn = await createMachine({ definition, type: type.value, about, publishes: publishes.checked });
        if (!arn) return;
        draft.keep({ text: undefined, base: undefined });
        saved = definition;
        navigate(link("machines", arn));
        return;
      }
      if (await hasChanged(stateMachineArn, machine)) {
        await readAgain();
        saved = readable(machine.definition);
        draft.keep({ base: machine.revisionId ?? null });
        fill(
          notice,
          h(
            "div.problem",
            { role: "alert" },
            "It is not saved: the machine's definition has been changed meanwhile. Save again to put yours in its place.",
          ),
        );
        return;
      }
      const words = await updateMachine({ stateMachineArn, definition, publishes: publishes.checked });
      saved = definition;
      draft.keep({ text: code.value === definition ? undefined : code.value, base: undefined });
      await readAgain().catch(() => {});
      fill(notice);
      announce(words);
    } catch (error) {
      fill(notice, h("div.problem", { role: "alert" }, `It is not saved: ${error.message}`));
    } finally {
      save.button.disabled = false;
      showState();
    }
  }

  async function readAgain() {
    await context.reload();
    machine = context.machine();
  }

  function leaving(event) {
    if (isChanged()) event.preventDefault();
  }
  window.addEventListener("beforeunload", leaving);

  return {
    shown() {
      code.draw();
    },
    close() {
      if (isChanged()) announce("The text is not saved; it is kept here until you come back");
      isClosed = true;
      window.removeEventListener("beforeunload", leaving);
      clearTimeout(timer);
      request?.abort();
      request = null;
      code.close();
      diagram.close();
      run.close();
    },
  };
}

// A definition that stands on one line is given its lines.
function readable(definition) {
  if (definition.includes("\n") || definition.length < 80) return definition;
  const { node } = parseJson(definition);
  return node ? writeJson(node, 2) : definition;
}
