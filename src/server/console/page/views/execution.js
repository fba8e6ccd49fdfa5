// One execution: what failed, the diagram with its path, the selected state, and below them history, timeline and more.

import { copyButton } from "../copy.js";
import { DiagramView } from "../diagram.js";
import { marksOf } from "../diagram-marks.js";
import { fill, h, setText } from "../dom.js";
import { loadDebugger } from "../extensions.js";
import { count, dateTime, nameOfArn } from "../format.js";
import { jsonView } from "../json.js";
import { problemNotice } from "../notices.js";
import { changeQuery, link } from "../router.js";
import { setStatus, statusBadge, statusName } from "../status.js";
import { Tabs } from "../tabs.js";
import { showElapsed } from "../ticker.js";
import { executionActions } from "./actions.js";
import { errorBlock } from "./pieces.js";
import { eventsTable } from "./events-table.js";
import { ExecutionModel } from "./execution-model.js";
import { failureBox } from "./failure.js";
import { inspector } from "./inspector.js";
import { iterationsPart } from "./iterations.js";
import { mapRunsPart } from "./map-runs.js";
import { mountPart } from "./part.js";
import { nestedPart, parentOf, startedExecutions } from "./nested.js";
import { timeline } from "./timeline.js";
import { waitingPart } from "./waiting.js";

/** What a tab of the browser shows of the status. */
const GLYPHS = { RUNNING: "▸", SUCCEEDED: "✓", FAILED: "✕", TIMED_OUT: "✕", ABORTED: "■" };

export function executionView({ about, setTrail }, executionArn) {
  const model = new ExecutionModel(executionArn);
  const name = nameOfArn(executionArn);
  setTrail([{ text: name }]);

  const badge = statusBadge("RUNNING");
  badge.hidden = true;
  const facts = executionFacts(executionArn);
  const actions = executionActions(model, about);
  const spoken = h("p.visually-hidden", { role: "status" });
  const problem = h("div");
  const failure = failureBox(model, jump);
  const diagram = new DiagramView({ label: `Diagram of ${name}`, select: (state) => choose(state) });
  const diagramPanel = h("div.diagram-panel", null, diagram.element);
  const states = inspector(model, { showEvent });
  const waiting = waitingPart(model, about);

  const lower = new Tabs({
    label: "More of the execution",
    chosen: (tab) => changeQuery({ tab }),
    tabs: [
      { id: "history", label: "History", build: () => part("history", eventsTable(model)) },
      { id: "timeline", label: "Timeline", build: () => part("timeline", timeline(model)) },
      { id: "iterations", label: "Iterations", build: () => part("iterations", iterationsPart(model)), isHidden: true },
      { id: "map-runs", label: "Map Runs", build: () => part("map-runs", mapRunsPart(model, about)), isHidden: true },
      { id: "nested", label: "Executions", build: () => part("nested", nestedPart(model)), isHidden: true },
      { id: "waiting", label: "Waiting", build: () => part("waiting", waiting), isHidden: true },
      { id: "data", label: "Input and output", build: () => part("data", dataPart(model)) },
    ],
  });
  const parts = {};

  const live = h(
    "div.execution-live",
    null,
    failure.element,
    h(
      "div.split",
      null,
      h("section.panel.split-diagram", { "aria-label": "Diagram" }, diagramPanel),
      h("div.panel.split-detail", null, states.element),
    ),
    h("section.panel", { "aria-label": "Details of the execution" }, lower.element),
  );
  const upper = new Tabs({
    label: "Views of the execution",
    chosen: (view) => changeQuery({ view }),
    tabs: [
      { id: "execution", label: "Execution", build: () => ({ element: live }) },
      { id: "debugger", label: "Debugger", build: debuggerPart },
    ],
  });
  const element = h(
    "div.view-execution",
    null,
    h(
      "div.view-head",
      null,
      h("div.execution-title", null, h("div.title-line", null, h("h1", { dir: "auto" }, name), badge), facts.element),
      actions.element,
    ),
    spoken,
    problem,
    upper.element,
  );

  // What was told to a part that is not shown is drawn when it is.
  function part(id, view) {
    parts[id] = view;
    return view;
  }

  function choose(state, visit) {
    model.select(state, visit);
  }

  function jump(visit) {
    upper.show("execution");
    model.selectVisit(visit);
    diagram.reveal(visit.state);
    states.focus();
    states.element.scrollIntoView({ block: "nearest" });
  }

  function showEvent(id) {
    lower.show("history");
    parts.history.showEvent(id);
  }

  function changed(what) {
    if (what === "status") statusChanged();
    else if (what === "problem") fill(problem, problemNotice(model.problem));
    else if (what === "definition") definitionCame();
    else if (what === "selection") selectionChanged();
    else if (what === "waiting") waitingChanged();
    if (what === "history" || what === "status") historyChanged();
  }

  function statusChanged() {
    const { description } = model;
    fill(problem);
    badge.hidden = false;
    setStatus(badge, description.status);
    setText(spoken, `The execution: ${statusName(description.status)}`);
    facts.update(model);
    const machine = description.stateMachineArn;
    setTrail([{ text: nameOfArn(machine), href: link("machines", machine) }, { text: name }], GLYPHS[description.status]);
  }

  function definitionCame() {
    if (model.diagram?.error) return fill(diagramPanel, h("div.panel-body", null, problemNotice(model.diagram.error)));
    if (model.diagram) {
      diagram.draw(model.diagram);
      drawMarks();
      if (model.selection.state !== null) diagram.choose(model.selection.state);
    }
    states.update();
  }

  function drawMarks() {
    diagram.mark(marksOf(model.history, new Set(model.waiting.map(({ state }) => state))));
    diagram.markEdges(model.history.transitions);
  }

  let isChosenByReader = false;
  function historyChanged() {
    drawMarks();
    failure.update();
    actions.update();
    pickFirst();
    states.update();
    waiting.ask();
    const { history } = model;
    const maps = history.visits.filter((visit) => visit.type === "Map" && visit.scopes.length > 0);
    lower.setVisible("iterations", maps.length > 0);
    lower.setVisible("map-runs", history.mapRuns.size > 0);
    const started = startedExecutions(history).length;
    lower.setVisible("nested", started > 0 || parentOf(model.description) !== null);
    lower.count("nested", started || null);
    lower.count("history", history.size || null);
    lower.count("iterations", maps.reduce((sum, map) => sum + map.scopes.length, 0) || null);
    showWanted();
    updateShown("update");
  }

  // Something worth looking at is selected from the start: what failed, or where it is.
  function pickFirst() {
    if (isChosenByReader) return;
    const { history, selection } = model;
    const failed = history.failed();
    // Not the last of many iterations: it would be another one each moment.
    const visit = failed ?? history.root.visits.at(-1);
    if (!visit || visit === selection.visit) return;
    model.selection = { state: visit.state, visit };
    diagram.choose(visit.state, { reveals: failed !== null });
    states.update();
    updateShown("selected");
  }

  function selectionChanged() {
    isChosenByReader = true;
    const { state, visit } = model.selection;
    diagram.choose(state);
    states.update();
    updateShown("selected");
    changeQuery({ state, visit: visit?.enteredId ?? null });
  }

  function waitingChanged() {
    const number = model.waiting.length;
    lower.setVisible("waiting", number > 0);
    lower.count("waiting", number || null, { alerts: true });
    drawMarks();
    updateShown("update");
    showWanted();
  }

  function updateShown(method) {
    for (const [id, view] of Object.entries(parts)) if (lower.isShown(id)) view[method]?.();
  }

  // The tab and the state of the address, which may come before what they name.
  let wanted = { tab: null, state: null, visit: null, view: null };
  function showWanted() {
    if (wanted.tab !== null && !lower.isShown(wanted.tab)) lower.show(wanted.tab);
    if (wanted.state !== null && model.selection.state !== wanted.state) {
      // A history comes in parts: the visit that is meant may be in one of the next.
      if (wanted.visit !== null && model.history.lastId < wanted.visit) return;
      const meant = model.history.visitOf(wanted.visit);
      const visit = meant?.state === wanted.state ? meant : model.history.visitsOf(wanted.state).at(-1);
      if (visit) {
        isChosenByReader = true;
        model.selection = { state: visit.state, visit };
        diagram.choose(visit.state);
        states.update();
        updateShown("selected");
      }
    }
  }

  function debuggerPart() {
    return mountPart(loadDebugger, {
      executionArn,
      about,
      history: model.history,
      onChange: (callback) => model.onChange(callback),
      description: () => model.description,
      diagram: () => model.diagram,
      definition: () => model.definition,
    });
  }

  model.onChange(changed);
  model.start();
  actions.update();
  return {
    element,
    update(query) {
      wanted = {
        tab: query.get("tab"),
        state: query.get("state"),
        visit: query.has("visit") ? Number(query.get("visit")) : null,
        view: query.get("view"),
      };
      upper.show(wanted.view ?? "execution");
      if (lower.current === null) lower.show(wanted.tab ?? "history");
      showWanted();
    },
    focusFilter() {
      const view = Object.entries(parts).find(([id]) => lower.isShown(id))?.[1];
      if (!view?.focusFilter) return false;
      view.focusFilter();
      return true;
    },
    key({ key }) {
      const origin = key === "f" ? model.history.failed() : null;
      if (origin) jump(origin);
      else if (key === "[" || key === "]") states.move(key === "[" ? -1 : 1);
      else return false;
      return true;
    },
    close() {
      model.close();
      diagram.close();
      lower.close();
      upper.close();
      waiting.close();
      states.close();
    },
  };
}

function executionFacts(executionArn) {
  const took = h("dd.number");
  const started = h("dd");
  const stopped = h("dd");
  const redrives = h("dd");
  const version = h("dd");
  const row = (term, value) => h("div", { hidden: true }, h("dt", null, term), value);
  const rows = {
    took: row("Took", took),
    started: row("Started", started),
    stopped: row("Ended", stopped),
    redrives: row("Redriven", redrives),
    version: row("Version", version),
  };
  const element = h(
    "dl.facts",
    null,
    Object.values(rows),
    h(
      "div",
      null,
      h("dt", null, "ARN"),
      h(
        "dd.mono.arn",
        { title: executionArn },
        executionArn,
        " ",
        copyButton(() => executionArn, "Copy the ARN"),
      ),
    ),
  );
  const put = (name, value, text) => {
    rows[name].hidden = text === null || text === "";
    setText(value, text);
  };
  return {
    element,
    update(model) {
      const { started: from, stopped: to } = model.times;
      const { description } = model;
      put("started", started, dateTime(from));
      put("stopped", stopped, to === null ? null : dateTime(to));
      put("redrives", redrives, description.redriveCount > 0 ? count(description.redriveCount, "time") : null);
      const used = description.stateMachineAliasArn ?? description.stateMachineVersionArn;
      put("version", version, used ? nameOfArn(used) : null);
      rows.took.hidden = from === null;
      showElapsed(took, from, to);
    },
  };
}

// The execution's own input and output.
function dataPart(model) {
  const input = h("div");
  const output = h("div");
  const element = h(
    "div.panel-body.pair",
    null,
    h("div.data-section", null, h("h3", null, "Input"), input),
    h("div.data-section", null, h("h3", null, "Output"), output),
  );
  let drawn = null;
  function draw() {
    const { description } = model;
    const key = JSON.stringify([description?.status, description?.redriveCount]);
    if (!description || key === drawn) return;
    if (drawn === null) fill(input, jsonView(description.input ?? null, { label: "Input of the execution" }));
    drawn = key;
    const { status, error = null, cause = null } = description;
    fill(
      output,
      description.output
        ? jsonView(description.output, { label: "Output of the execution" })
        : error !== null || cause !== null
          ? errorBlock(error, cause)
          : h("p.none", null, status === "RUNNING" ? "not yet" : "none"),
    );
  }
  return { element, shown: draw, update: draw };
}
