// One state machine: its executions, diagram, definition, versions and aliases; and, where it is there, its editor.

import { call, get, listAll } from "../api.js";
import { announce } from "../announce.js";
import { copyButton, download } from "../copy.js";
import { DiagramView } from "../diagram.js";
import { reasonedButton } from "../dialog.js";
import { fill, h, icon } from "../dom.js";
import { loadEditor } from "../extensions.js";
import { dateTime, millis, nameOfArn } from "../format.js";
import { jsonView } from "../json.js";
import { pretty } from "../json-text.js";
import { problemNotice, readOnlyReason } from "../notices.js";
import { changeQuery } from "../router.js";
import { Tabs } from "../tabs.js";
import { executionsList } from "./executions-list.js";
import { stateDefinition } from "./definition.js";
import { mountPart } from "./part.js";
import { startDialog } from "./start.js";

export function machineView({ about, setTrail }, stateMachineArn) {
  const name = nameOfArn(stateMachineArn);
  setTrail([{ text: name }]);
  const facts = h("dl.facts");
  const problem = h("div");
  const start = reasonedButton({
    label: "Start execution",
    iconName: "play",
    tone: "primary",
    act: () => startNew(),
    tell: announce,
  });
  start.setReason(readOnlyReason(about) ?? "The state machine is not loaded yet");
  let machine = null;
  let isClosed = false;
  const listeners = [];

  const tabs = new Tabs({
    label: "Parts of the state machine",
    chosen: (tab) => changeQuery({ tab }),
    tabs: [
      { id: "executions", label: "Executions", build: executions },
      { id: "diagram", label: "Diagram", build: diagram },
      { id: "definition", label: "Definition", build: definition },
      { id: "versions", label: "Versions and aliases", build: versions },
      { id: "edit", label: "Edit", build: editor },
    ],
  });
  const element = h(
    "div.view-machine",
    null,
    h("div.view-head", null, h("div", null, h("h1", { dir: "auto" }, name), facts), h("div.buttons", null, start.element)),
    problem,
    h("section.panel", { "aria-label": "State machine" }, tabs.element),
  );

  const loaded = load();

  async function load() {
    try {
      machine = await call("DescribeStateMachine", { stateMachineArn });
    } catch (error) {
      if (!isClosed) fill(problem, problemNotice(error));
      throw error;
    }
    if (isClosed) return;
    fill(problem);
    start.setReason(readOnlyReason(about));
    const isExpress = machine.type === "EXPRESS";
    fill(
      facts,
      fact("Type", isExpress ? "Express" : "Standard"),
      fact("Created", dateTime(millis(machine.creationDate))),
      machine.updateDate ? fact("Updated", dateTime(millis(machine.updateDate))) : null,
      machine.roleArn ? fact("Role", h("span.mono", null, machine.roleArn)) : null,
      h(
        "div",
        null,
        h("dt", null, "ARN"),
        h(
          "dd.mono",
          null,
          stateMachineArn,
          " ",
          copyButton(() => stateMachineArn, "Copy the ARN"),
        ),
      ),
    );
    for (const listener of listeners) listener();
  }
  loaded.catch(() => {});

  async function startNew() {
    const targets = await startTargets(stateMachineArn).catch(() => []);
    startDialog({ stateMachineArn, machineName: machine.name, type: machine.type, targets });
  }

  function executions() {
    const holder = h("div");
    let list = null;
    loaded.then(
      () => {
        if (isClosed) return;
        if (machine.type === "EXPRESS") {
          fill(holder, h("p.panel-body.muted", null, "Express executions are not kept. Start one: its result is shown at once."));
          return;
        }
        list = executionsList(stateMachineArn);
        fill(holder, list.element);
      },
      () => {},
    );
    return { element: holder, close: () => list?.close(), focusFilter: () => list?.focusFilter() };
  }

  function diagram() {
    const detail = h("div.panel-body", null, h("p.none", null, "Choose a state to see its definition."));
    const view = new DiagramView({
      label: `Diagram of ${name}`,
      select: (state) => fill(detail, h("h2", { dir: "auto" }, state), stateDefinition(machine.definition, state)),
    });
    const split = h(
      "div.split",
      null,
      h("div.split-diagram", null, view.element),
      h("div.split-detail", { "aria-live": "polite" }, detail),
    );
    const holder = h("div", null, split);
    let asked = 0;
    async function draw() {
      const own = (asked += 1);
      try {
        const drawn = await get("api/diagram", { stateMachineArn });
        if (own !== asked || isClosed) return;
        fill(holder, split);
        view.draw(drawn);
      } catch (error) {
        if (own === asked) fill(holder, h("div.panel-body", null, problemNotice(error)));
      }
    }
    whenLoaded(draw);
    return { element: holder, close: () => view.close() };
  }

  function definition() {
    const holder = h("div.panel-body");
    let isTree = false;
    function draw() {
      const text = pretty(machine.definition);
      const toggle = h(
        "button.secondary",
        {
          type: "button",
          onclick() {
            isTree = !isTree;
            draw();
            holder.querySelector("button").focus();
          },
        },
        isTree ? "As text" : "As a tree",
      );
      fill(
        holder,
        h(
          "div.buttons.above",
          null,
          toggle,
          copyButton(() => text, "Copy the definition"),
          h(
            "button.secondary",
            { type: "button", onclick: () => download(`${name}.asl.json`, text) },
            icon("download"),
            "Download",
          ),
        ),
        isTree
          ? jsonView(machine.definition, { label: "Definition" })
          : h("pre.definition", { tabindex: 0, "aria-label": "Definition", role: "group" }, text),
      );
    }
    whenLoaded(draw);
    return { element: holder };
  }

  function versions() {
    const holder = h("div");
    async function show() {
      try {
        const [found, aliases] = await Promise.all([
          listAll("ListStateMachineVersions", { stateMachineArn }, "stateMachineVersions"),
          listAll("ListStateMachineAliases", { stateMachineArn }, "stateMachineAliases"),
        ]);
        const described = await Promise.all(
          aliases.map(({ stateMachineAliasArn }) => call("DescribeStateMachineAlias", { stateMachineAliasArn })),
        );
        fill(holder, aliasTable(described), versionTable(found));
      } catch (error) {
        fill(holder, h("div.panel-body", null, problemNotice(error)));
      }
    }
    return { element: holder, shown: show };
  }

  function editor() {
    return mountPart(
      async () => {
        await loaded;
        return loadEditor();
      },
      { stateMachineArn, about, machine: () => machine, reload: load },
    );
  }

  // Calls back with each definition: the one that there is, and those that the editor saves.
  function whenLoaded(callback) {
    listeners.push(callback);
    if (machine !== null) callback();
  }

  return {
    element,
    isLacking: () => machine === null,
    update(query) {
      tabs.show(query.get("tab"));
    },
    focusFilter() {
      if (!tabs.isShown("executions")) return false;
      tabs.view("executions").focusFilter();
      return true;
    },
    close() {
      isClosed = true;
      tabs.close();
    },
  };
}

/** What an execution may be started by: the machine, its aliases, its versions. */
async function startTargets(stateMachineArn) {
  const [versions, aliases] = await Promise.all([
    listAll("ListStateMachineVersions", { stateMachineArn }, "stateMachineVersions"),
    listAll("ListStateMachineAliases", { stateMachineArn }, "stateMachineAliases"),
  ]);
  return [
    { arn: stateMachineArn, label: "The latest definition" },
    ...aliases.map(({ stateMachineAliasArn: arn }) => ({ arn, label: `Alias ${nameOfArn(arn)}` })),
    ...versions.map(({ stateMachineVersionArn: arn }) => ({ arn, label: `Version ${nameOfArn(arn)}` })),
  ];
}

function aliasTable(aliases) {
  const rows = aliases.map((alias) =>
    h(
      "tr",
      null,
      h("th", { scope: "row" }, alias.name),
      h(
        "td",
        null,
        (alias.routingConfiguration ?? [])
          .map(({ stateMachineVersionArn, weight }) => `version ${nameOfArn(stateMachineVersionArn)}: ${weight} %`)
          .join(", "),
      ),
      h("td", null, alias.description ?? ""),
      h("td.number.muted", null, dateTime(millis(alias.creationDate))),
    ),
  );
  return block("Aliases", rows, ["Name", "Leads to", "Description", "Created"], "No alias.");
}

function versionTable(versions) {
  const rows = versions.map(({ stateMachineVersionArn: arn, creationDate }) =>
    h(
      "tr",
      null,
      h("th", { scope: "row" }, nameOfArn(arn)),
      h("td.mono", null, arn),
      h("td.number.muted", null, dateTime(millis(creationDate))),
    ),
  );
  return block("Versions", rows, ["Version", "ARN", "Created"], "No version is published.");
}

function block(title, rows, heads, none) {
  return h(
    "section",
    { "aria-label": title },
    h("h2.panel-body", null, title),
    rows.length === 0
      ? h("p.panel-body.muted", null, none)
      : h(
          "div.table-frame",
          { tabindex: 0, role: "group", "aria-label": title },
          h(
            "table",
            null,
            h(
              "thead",
              null,
              h(
                "tr",
                null,
                heads.map((head) => h("th", { scope: "col" }, head)),
              ),
            ),
            h("tbody", null, rows),
          ),
        ),
  );
}

function fact(term, value) {
  return h("div", null, h("dt", null, term), h("dd", null, value));
}
