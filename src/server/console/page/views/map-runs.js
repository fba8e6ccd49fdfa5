// The Map Runs of an execution's distributed Map states: how far each is, and its child executions.

import { announce } from "../announce.js";
import { call, get } from "../api.js";
import { field, openDialog, reasonedButton } from "../dialog.js";
import { fill, h, setText } from "../dom.js";
import { dateTime, duration, millis } from "../format.js";
import { jsonView } from "../json.js";
import { problemNotice, readOnlyReason } from "../notices.js";
import { statusBadge, statusName } from "../status.js";
import { serverNow } from "../ticker.js";
import { VirtualList } from "../virtual-list.js";
import { errorBlock, fact } from "./pieces.js";
import { progressBar } from "./iterations.js";

const LOOK_EVERY = 1_500;

export function mapRunsPart(model, about) {
  const runs = new Map();
  const element = h("div.map-runs");
  let isShown = false;
  let isLooking = false;
  let timer = 0;

  function update() {
    for (const [arn, visit] of model.history.mapRuns) {
      if (runs.has(arn)) continue;
      const run = mapRun(arn, visit, model, about);
      runs.set(arn, run);
      element.append(run.element);
    }
  }

  async function look() {
    if (!isShown || isLooking) return;
    clearTimeout(timer);
    timer = 0;
    isLooking = true;
    if (!document.hidden) for (const run of runs.values()) await run.load();
    isLooking = false;
    if (isShown && [...runs.values()].some((run) => !run.isDone())) timer = setTimeout(look, LOOK_EVERY);
  }

  return {
    element,
    update() {
      update();
      // A busy execution has an event every moment: not a look for each.
      if (timer === 0 && [...runs.values()].some((run) => !run.isDone())) look();
    },
    shown() {
      isShown = true;
      update();
      look();
    },
    hidden() {
      isShown = false;
      clearTimeout(timer);
      timer = 0;
    },
    close() {
      isShown = false;
      clearTimeout(timer);
      for (const run of runs.values()) run.close();
    },
  };
}

function mapRun(arn, visit, model, about) {
  const badge = h("span");
  const facts = h("dl.facts");
  const items = h("div");
  const problem = h("div");
  const limits = reasonedButton({
    label: "Change limits",
    name: `Change limits of the Map Run of ${visit.state}`,
    act: () => limitsDialog(arn, last, load),
    tell: announce,
  });
  const cut = h("p.hint", { hidden: true });
  const filter = h("input", {
    type: "search",
    placeholder: "Filter by name, input or error",
    "aria-label": "Filter child executions",
    oninput: drawChildren,
  });
  const status = h(
    "select",
    { "aria-label": "Filter child executions by status", onchange: drawChildren },
    h("option", { value: "" }, "All statuses"),
  );
  const counter = h("span.count");
  const list = new VirtualList({
    label: `Child executions of ${visit.state}`,
    class: "children-table",
    columns: [
      { name: "Name" },
      { name: "Status" },
      { name: "Started", class: "number optional" },
      { name: "Took", class: "number" },
      { name: "Input", class: "optional" },
    ],
    key: (child) => child.name ?? child.index,
    stamp: (child) => child.status,
    cells: (child) => {
      const from = millis(child.startTime);
      return [
        h("span", { dir: "auto", title: child.name }, child.name ?? `#${child.index}`),
        statusBadge(child.status),
        dateTime(from),
        from === null ? "" : duration((millis(child.stopTime) ?? serverNow()) - from),
        h("span.mono", { dir: "auto" }, String(child.error ?? child.input ?? "").slice(0, 160)),
      ];
    },
    details: (child) => [
      child.error || child.cause ? errorBlock(child.error, child.cause) : null,
      h("div.data-section", null, h("h3", null, "Input"), jsonView(child.input, { label: `Input of ${child.name}` })),
      child.output
        ? h("div.data-section", null, h("h3", null, "Output"), jsonView(child.output, { label: `Output of ${child.name}` }))
        : null,
    ],
    empty: "No child execution is known to the server.",
  });
  const element = h(
    "section.map-run",
    { "aria-label": `Map Run of ${visit.state}` },
    h(
      "div.panel-line",
      null,
      h("h3", null, h("button.link", { type: "button", dir: "auto", onclick: () => model.selectVisit(visit) }, visit.state)),
      h("div.buttons", null, badge, limits.element),
    ),
    facts,
    items,
    problem,
    h("div.filters", null, filter, status, counter),
    list.element,
    cut,
  );
  let children = [];
  let isDone = false;
  let lastStamp = "";
  let offered = "";
  let last = null;

  async function load() {
    try {
      const run = await call("DescribeMapRun", { mapRunArn: arn });
      last = run;
      limits.setReason(readOnlyReason(about) ?? (run.status === "RUNNING" ? null : "The Map Run does not run any more"));
      fill(badge, statusBadge(run.status));
      const counts = run.executionCounts;
      fill(
        facts,
        fact("Started", dateTime(millis(run.startDate))),
        fact("Ended", run.stopDate ? dateTime(millis(run.stopDate)) : null),
        fact("At once", run.maxConcurrency === 0 ? "no limit" : run.maxConcurrency),
        fact("May fail", `${run.toleratedFailureCount} or ${run.toleratedFailurePercentage} %`),
        fact("Redriven", run.redriveCount || null),
      );
      fill(
        items,
        progressBar(
          {
            succeeded: run.itemCounts.succeeded,
            failed: run.itemCounts.failed + (run.itemCounts.timedOut ?? 0),
            aborted: run.itemCounts.aborted,
            running: run.itemCounts.running,
            pending: run.itemCounts.pending,
          },
          run.itemCounts.total,
        ),
      );
      fill(problem);
      const stamp = JSON.stringify([run.status, counts]);
      if (stamp !== lastStamp) await loadChildren(counts);
      lastStamp = stamp;
      isDone = run.status !== "RUNNING";
    } catch (error) {
      fill(problem, problemNotice(error));
    }
  }

  async function loadChildren(counts) {
    const known = await get("api/map-run", { mapRunArn: arn });
    children = known.executions;
    cut.hidden = !known.isCut || children.length === 0;
    setText(
      cut,
      known.isCut ? `Not all of the ${counts.total.toLocaleString("en")} child executions are known to the server any more.` : "",
    );
    const statuses = [...new Set(children.map((child) => child.status))].sort();
    if (statuses.join() !== offered) {
      offered = statuses.join();
      const before = status.value;
      fill(
        status,
        h("option", { value: "" }, "All statuses"),
        statuses.map((value) => h("option", { value }, statusName(value))),
      );
      status.value = statuses.includes(before) ? before : "";
    }
    drawChildren();
  }

  function drawChildren() {
    const wanted = filter.value.trim().toLowerCase();
    const fits = (child) =>
      (status.value === "" || child.status === status.value) &&
      (wanted === "" ||
        [child.name, child.input, child.error].some((text) =>
          String(text ?? "")
            .toLowerCase()
            .includes(wanted),
        ));
    const shown = children.filter(fits);
    list.set(shown);
    counter.textContent = `${shown.length.toLocaleString("en")} of ${children.length.toLocaleString("en")}`;
  }

  return { element, load, isDone: () => isDone && visit.status !== "running", close: () => list.close() };
}

// Changes how a Map Run that runs goes on: how many children at once, and how many may fail.
async function limitsDialog(mapRunArn, run, load) {
  const number = (value, max) => {
    const input = h("input", { type: "number", min: 0, max, step: "any" });
    input.value = String(value);
    return input;
  };
  const concurrency = number(run.maxConcurrency);
  const failures = number(run.toleratedFailureCount);
  const percentage = number(run.toleratedFailurePercentage, 100);
  const isSent = await openDialog({
    title: "Change the limits of this Map Run",
    action: "Change",
    body: [
      field("Child executions at once", concurrency, "0 for no limit."),
      field("Items that may fail", failures),
      field("Items that may fail, in per cent", percentage),
    ],
    async send() {
      await call("UpdateMapRun", {
        mapRunArn,
        maxConcurrency: Number(concurrency.value),
        toleratedFailureCount: Number(failures.value),
        toleratedFailurePercentage: Number(percentage.value),
      });
      return true;
    },
  });
  if (!isSent) return;
  announce("Changed");
  load();
}
