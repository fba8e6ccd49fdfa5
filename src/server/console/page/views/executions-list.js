// The executions of a machine: live, filtered, older pages when they are asked for; two may be marked to be compared.

import { call, withQuery } from "../api.js";
import { announce } from "../announce.js";
import { fill, h, icon } from "../dom.js";
import { count, dateTime, duration, millis } from "../format.js";
import { problemNotice } from "../notices.js";
import { link, navigate } from "../router.js";
import { EXECUTION_STATUSES, statusBadge, statusName } from "../status.js";
import { follow } from "../stream.js";
import { serverNow } from "../ticker.js";
import { VirtualList } from "../virtual-list.js";

const PAGE = 100;
/** How many older executions that still run are asked about at a time: the stream tells of the first page alone. */
const ASKED_AT_ONCE = 20;
const ASK_EVERY = 5_000;

export function executionsList(stateMachineArn) {
  const executions = new Map();
  const marked = new Set();
  let status = "";
  let nextToken = null;
  let stream = null;
  let isLoading = false;
  let shown = [];

  const filter = h("input", { type: "search", placeholder: "Filter by name", "aria-label": "Filter by name", oninput: draw });
  const statusSelect = h(
    "select",
    { "aria-label": "Filter by status", onchange: restart },
    h("option", { value: "" }, "All statuses"),
    EXECUTION_STATUSES.map((value) => h("option", { value }, statusName(value))),
  );
  const compare = h("a.secondary", { hidden: true }, icon("compare"), "Compare");
  const counter = h("span.count", { "aria-live": "off" });
  const more = h("button.secondary.load-more", { type: "button", hidden: true, onclick: loadOlder }, "Load older");
  const problem = h("div");
  const list = new VirtualList({
    label: "Executions",
    class: "executions-table",
    columns: [
      { name: h("span.visually-hidden", null, "Compare") },
      { name: "Name" },
      { name: "Status" },
      { name: "Started", class: "number optional" },
      { name: "Duration", class: "number optional" },
    ],
    key: (item) => item.executionArn,
    cells: rowOf,
    choose: (item) => navigate(link("executions", item.executionArn)),
    empty: "No execution yet.",
  });
  list.scroller.addEventListener(
    "scroll",
    () => {
      const { scrollTop, clientHeight, scrollHeight } = list.scroller;
      if (nextToken && scrollTop + clientHeight > scrollHeight - 400) loadOlder();
    },
    { passive: true },
  );
  list.scroller.addEventListener("keydown", (event) => {
    const item = list.items[list.current];
    if (event.key !== "c" || event.target !== list.scroller || !item) return;
    event.preventDefault();
    mark(item.executionArn, !marked.has(item.executionArn));
  });
  const element = h(
    "div.executions",
    null,
    h("div.filters", null, filter, statusSelect, compare, counter),
    problem,
    list.element,
    h("div.list-foot", null, more),
  );

  function rowOf(item) {
    const isMarked = marked.has(item.executionArn);
    const box = h("input", {
      type: "checkbox",
      tabindex: -1,
      "aria-label": `Compare ${item.name}`,
      onchange: (event) => mark(item.executionArn, event.target.checked),
    });
    box.checked = isMarked;
    const started = millis(item.startDate);
    const stopped = millis(item.stopDate ?? null);
    const took = h(
      "span",
      { dataset: stopped === null && item.status === "RUNNING" ? { since: String(started) } : {} },
      duration((stopped ?? serverNow()) - started),
    );
    return [
      box,
      h("a", { href: link("executions", item.executionArn), tabindex: -1, dir: "auto", title: item.name }, item.name),
      statusBadge(item.status),
      dateTime(started),
      took,
    ];
  }

  function mark(arn, isMarked) {
    if (isMarked) marked.add(arn);
    else marked.delete(arn);
    // Two are compared: a third takes the place of the first.
    if (marked.size > 2) marked.delete([...marked][0]);
    const both = [...marked];
    compare.hidden = both.length !== 2;
    if (both.length === 2) compare.href = link("compare", both[0], both[1]);
    announce(
      both.length === 2 ? "Two executions are marked: compare them" : `${count(both.length, "execution")} marked to compare`,
    );
    list.refresh();
  }

  function restart() {
    status = statusSelect.value;
    stream?.close();
    executions.clear();
    nextToken = null;
    fill(problem);
    stream = follow(
      () => withQuery("api/executions", { stateMachineArn, statusFilter: status || undefined, maxResults: PAGE }),
      {
        executions(page) {
          const isFirst = executions.size === 0;
          // What left the first page because its status no longer fits is gone; what slid off its end is still there.
          const arns = new Set(page.executions.map(({ executionArn }) => executionArn));
          const oldest = page.executions.at(-1)?.startDate;
          for (const [arn, known] of executions) {
            if (!arns.has(arn) && (!page.nextToken || (status !== "" && millis(known.startDate) >= millis(oldest))))
              executions.delete(arn);
          }
          take(page.executions);
          if (isFirst) nextToken = page.nextToken ?? null;
          draw();
        },
      },
      (error) => fill(problem, problemNotice(error)),
    );
    draw();
  }

  function take(page) {
    for (const item of page) executions.set(item.executionArn, item);
  }

  async function loadOlder() {
    if (isLoading || !nextToken) return;
    isLoading = true;
    const asked = status;
    more.disabled = true;
    try {
      const page = await call("ListExecutions", {
        stateMachineArn,
        statusFilter: status || undefined,
        maxResults: 200,
        nextToken,
      });
      if (asked !== status) return;
      take(page.executions);
      nextToken = page.nextToken ?? null;
      draw();
    } catch (error) {
      fill(problem, problemNotice(error));
      nextToken = null;
    } finally {
      isLoading = false;
      more.disabled = false;
      more.hidden = !nextToken;
    }
  }

  function draw() {
    const wanted = filter.value.trim().toLowerCase();
    const all = [...executions.values()].sort((one, other) => millis(other.startDate) - millis(one.startDate));
    shown = wanted === "" ? all : all.filter(({ name }) => name.toLowerCase().includes(wanted));
    list.set(shown);
    const loaded = `${all.length.toLocaleString("en")}${nextToken ? "+" : ""}`;
    counter.textContent =
      wanted === "" ? `${loaded} ${all.length === 1 ? "execution" : "executions"}` : `${shown.length} of ${loaded}`;
    more.hidden = !nextToken;
    list.empty.textContent =
      wanted !== ""
        ? "No loaded execution has this in its name."
        : status === ""
          ? "No execution yet."
          : `No execution with the status ${statusName(status).toLowerCase()}.`;
  }

  const timer = setInterval(async () => {
    if (document.hidden) return;
    const running = shown
      .slice(PAGE)
      .filter((item) => item.status === "RUNNING")
      .slice(0, ASKED_AT_ONCE);
    for (const item of running) {
      try {
        const { status: now, stopDate } = await call("DescribeExecution", { executionArn: item.executionArn });
        if (now !== item.status) executions.set(item.executionArn, { ...item, status: now, stopDate });
      } catch {
        /* it is asked again, or gone */
      }
    }
    if (running.length > 0) draw();
  }, ASK_EVERY);

  restart();
  return {
    element,
    focusFilter: () => filter.focus(),
    close() {
      clearInterval(timer);
      stream?.close();
      list.close();
    },
  };
}
