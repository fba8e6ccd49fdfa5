// All state machines, with what became of their latest executions.

import { call, listAll } from "../api.js";
import { onConnection } from "../connection.js";
import { fill, h } from "../dom.js";
import { count, dateTime, millis } from "../format.js";
import { problemNotice } from "../notices.js";
import { link } from "../router.js";
import { statusClass, statusName } from "../status.js";

const LOOK_EVERY = 5_000;
/** How many of the latest executions are shown as marks beside a machine. */
const LATEST = 24;
/** Asking for the executions of each machine has an end somewhere. */
const MOST_ASKED = 200;

export function machinesView({ setTrail }) {
  setTrail([]);
  const filter = h("input", { type: "search", placeholder: "Filter by name", "aria-label": "Filter by name", oninput: draw });
  const counter = h("span.count");
  const body = h("tbody");
  const table = h(
    "div.table-frame",
    { role: "group", "aria-label": "Table of state machines" },
    h(
      "table",
      null,
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          h("th", { scope: "col" }, "Name"),
          h("th.optional", { scope: "col" }, "Type"),
          h("th", { scope: "col" }, "Latest executions"),
          h("th.optional", { scope: "col" }, "Last started"),
          h("th.optional", { scope: "col" }, "Created"),
        ),
      ),
      body,
    ),
  );
  const none = h("div.none-yet", { hidden: true });
  const problem = h("div");
  const element = h(
    "div.view-machines",
    null,
    h("div.view-head", null, h("h1", null, "State machines"), h("a.secondary", { href: "#/editor" }, "Try a definition")),
    problem,
    h("section.panel", { "aria-label": "State machines" }, h("div.filters", null, filter, counter), table, none),
  );

  const rows = new Map();
  let machines = null;
  let isClosed = false;
  let timer = 0;

  async function load() {
    clearTimeout(timer);
    if (!document.hidden) {
      try {
        const found = await listAll("ListStateMachines", {}, "stateMachines");
        if (isClosed) return;
        fill(problem);
        machines = found.sort((one, other) => one.name.localeCompare(other.name));
        draw();
        await loadLatest();
      } catch (error) {
        if (!isClosed && machines === null) fill(problem, problemNotice(error));
      }
    }
    if (!isClosed) timer = setTimeout(load, LOOK_EVERY);
  }

  // One after the other: a hundred requests at once would keep the reader's own waiting.
  async function loadLatest() {
    for (const machine of machines.slice(0, MOST_ASKED)) {
      if (isClosed || document.hidden) return;
      if (machine.type === "EXPRESS") continue;
      const { executions } = await call("ListExecutions", { stateMachineArn: machine.stateMachineArn, maxResults: LATEST });
      const row = rows.get(machine.stateMachineArn);
      if (row) row.showLatest(executions);
    }
  }

  function draw() {
    if (machines === null) return;
    const wanted = filter.value.trim().toLowerCase();
    const shown = machines.filter(({ name }) => name.toLowerCase().includes(wanted));
    const elements = shown.map((machine) => {
      const key = machine.stateMachineArn;
      if (!rows.has(key)) rows.set(key, machineRow(machine));
      return rows.get(key).element;
    });
    // A row that has the focus must not be taken out and put back.
    if (elements.length !== body.children.length || elements.some((row, i) => body.children[i] !== row)) fill(body, elements);
    counter.textContent = wanted === "" ? count(machines.length, "state machine") : `${shown.length} of ${machines.length}`;
    table.hidden = shown.length === 0;
    none.hidden = shown.length > 0;
    if (shown.length === 0) {
      fill(
        none,
        machines.length > 0
          ? h("p", null, "No name has this in it.")
          : [
              h("p", null, "There is no state machine yet."),
              h("p.hint", null, "Start the server with ", h("code", null, "--machines FILE"), ", or create one by the API:"),
              h(
                "pre.sample",
                { tabindex: 0 },
                `aws stepfunctions create-state-machine --endpoint-url ${location.origin} \\\n  --name hello --role-arn arn:aws:iam::123456789012:role/any --definition file://hello.asl.json`,
              ),
            ],
      );
    }
  }

  const endConnection = onConnection((isLost) => {
    if (!isLost) load();
  });
  const seen = () => {
    if (!document.hidden) load();
  };
  document.addEventListener("visibilitychange", seen);
  load();
  return {
    element,
    focusFilter() {
      filter.focus();
      return true;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      endConnection();
      document.removeEventListener("visibilitychange", seen);
    },
  };
}

function machineRow(machine) {
  const marks = h("span.marks");
  const last = h("td.number.muted.optional");
  const isExpress = machine.type === "EXPRESS";
  if (isExpress) fill(marks, h("span.muted", null, "Express: not kept"));
  const element = h(
    "tr",
    null,
    h("th.name-cell", { scope: "row" }, h("a", { href: link("machines", machine.stateMachineArn), dir: "auto" }, machine.name)),
    h("td.optional", null, isExpress ? "Express" : "Standard"),
    h("td", null, marks),
    last,
    h("td.number.muted.optional", null, dateTime(millis(machine.creationDate))),
  );
  return {
    element,
    showLatest(executions) {
      const states = executions.map(({ status }) => status);
      const key = states.join();
      if (marks.dataset.key !== key) {
        marks.dataset.key = key;
        fill(marks, executions.length === 0 ? h("span.muted", null, "none yet") : strip(states));
      }
      const text = executions.length === 0 ? "" : dateTime(millis(executions[0].startDate));
      if (last.textContent !== text) last.textContent = text;
    },
  };
}

// The latest executions from left to right, as small marks; their numbers are what a screen reader gets.
function strip(states) {
  const counts = new Map();
  for (const status of states) counts.set(status, (counts.get(status) ?? 0) + 1);
  const words = [...counts].map(([status, number]) => `${number} ${statusName(status).toLowerCase()}`).join(", ");
  return h(
    "span.strip",
    { role: "img", "aria-label": `Of the latest ${states.length}: ${words}`, title: words },
    [...states].reverse().map((status) => h("i", { class: statusClass(status) })),
  );
}
