// When each visit ran, and its attempts within: bars over time. Only the rows that are seen are drawn.

import { h, setText } from "../dom.js";
import { duration } from "../format.js";
import { serverNow } from "../ticker.js";
import { VirtualList } from "../virtual-list.js";
import { placeText } from "./pieces.js";

const STATUS_OF_ATTEMPT = {
  running: "running",
  succeeded: "succeeded",
  failed: "failed",
  timedOut: "timedOut",
  aborted: "aborted",
};
/** The least part of the whole that a window may be zoomed to. */
const SMALLEST_PART = 1e-4;

export function timeline(model) {
  // The window of time that is seen; null is the whole execution.
  let view = null;
  const filter = h("input", {
    type: "search",
    placeholder: "Filter by state",
    "aria-label": "Filter the timeline by state",
    oninput: draw,
  });
  const order = h(
    "select",
    { "aria-label": "Order", onchange: draw },
    h("option", { value: "began" }, "In the order they began"),
    h("option", { value: "longest" }, "Longest first"),
  );
  const tool = (text, label, act) =>
    h("button.secondary", { type: "button", "aria-label": label, title: label, onclick: act }, text);
  const range = h("span.count");
  const axis = h("span.axis");
  const list = new VirtualList({
    label: "Timeline of states",
    class: "timeline-table",
    columns: [{ name: "State" }, { name: axis, class: "bar-cell" }, { name: "Took", class: "number" }],
    key: (visit) => visit.index,
    rowHeight: 30,
    cells: rowOf,
    rowClass: (visit) => visit === model.selection.visit && "chosen",
    choose: (visit) => model.selectVisit(visit),
    empty: "No state was entered yet.",
  });
  list.scroller.addEventListener("wheel", wheel, { passive: false });
  const element = h(
    "div.timeline",
    null,
    h(
      "div.filters",
      null,
      filter,
      order,
      h(
        "div.buttons",
        null,
        tool("−", "Zoom out in time", () => zoom(2)),
        tool("+", "Zoom in in time", () => zoom(0.5)),
        tool("◂", "Earlier", () => shift(-0.4)),
        tool("▸", "Later", () => shift(0.4)),
        tool("Whole", "The whole time", () => {
          view = null;
          draw();
        }),
        tool("Selected", "The time of the selected state", zoomToSelected),
      ),
      range,
    ),
    list.element,
  );

  let seen = { from: 0, to: 1 };
  let timer = 0;

  function whole() {
    const { history } = model;
    const from = history.started ?? 0;
    const last = history.events[history.lastId];
    const until = model.isRunning ? serverNow() : (model.times.stopped ?? (last ? last.timestamp * 1000 : from));
    return { from, to: Math.max(until, last ? last.timestamp * 1000 : from, from + 1) };
  }

  function zoom(factor, around = 0.5) {
    const all = whole();
    const { from, to } = seen;
    const middle = from + (to - from) * around;
    const length = Math.max((all.to - all.from) * SMALLEST_PART, 1, (to - from) * factor);
    if (length >= all.to - all.from) view = null;
    else {
      const start = Math.min(Math.max(all.from, middle - length * around), all.to - length);
      view = { from: start, to: start + length };
    }
    draw();
  }

  function shift(part) {
    const all = whole();
    const length = seen.to - seen.from;
    const start = Math.min(Math.max(all.from, seen.from + length * part), all.to - length);
    view = { from: start, to: start + length };
    draw();
  }

  function zoomToSelected() {
    const { visit } = model.selection;
    if (!visit) return;
    const to = visit.ended ?? serverNow();
    const margin = Math.max(2, (to - visit.entered) * 0.15);
    view = { from: visit.entered - margin, to: to + margin };
    draw();
    list.select(list.items.indexOf(visit));
  }

  function wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = axis.getBoundingClientRect();
    zoom(Math.exp(event.deltaY / 240), Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  }

  function rowOf(visit) {
    const depth = depthOf(visit);
    const place = placeText(visit);
    return [
      h(
        "span.timeline-name",
        { style: { "--depth": Math.min(depth, 6) }, dir: "auto", title: [visit.state, place].filter(Boolean).join(" · ") },
        visit.state,
        place ? h("span.muted", null, ` ${place.split(" › ").at(-1).replace(/^.* /, "")}`) : null,
      ),
      bars(visit),
      duration((visit.ended ?? serverNow()) - visit.entered),
    ];
  }

  // The visit as a whole, and over it its attempts; between two attempts is the wait of a retry.
  function bars(visit) {
    const now = serverNow();
    const attempts = visit.scopes.length > 0 && visit.attempts.length < 2 ? [] : visit.attempts;
    const words = [
      `${visit.type}, ${visit.status}, from ${duration(visit.entered - whole().from)} for ${duration((visit.ended ?? now) - visit.entered)}`,
      attempts.length > 1 ? `${attempts.length} attempts` : "",
    ]
      .filter(Boolean)
      .join(", ");
    return h(
      "span.bars",
      { role: "img", "aria-label": words, title: words },
      bar(visit.entered, visit.ended ?? now, [
        "whole",
        visit.type === "Wait" ? "wait" : "",
        visit.scopes.length > 0 || visit.type === "Map" ? "nest" : "",
        attempts.length > 0 ? "under" : "",
        visit.status,
      ]),
      attempts.map((attempt) => bar(attempt.began, attempt.ended ?? now, ["attempt", STATUS_OF_ATTEMPT[attempt.status]])),
    );
  }

  function bar(from, to, classes) {
    const length = seen.to - seen.from;
    const left = (from - seen.from) / length;
    const right = (to - seen.from) / length;
    if (right < 0 || left > 1) return null;
    const start = Math.max(0, left);
    return h("i.bar", {
      class: classes,
      style: { left: `min(${start * 100}%, 100% - 3px)`, width: `max(3px, ${(Math.min(1, right) - start) * 100}%)` },
    });
  }

  function draw() {
    const all = whole();
    seen = view ?? all;
    const wanted = filter.value.trim().toLowerCase();
    let visits = model.history.visits.filter((visit) => visit.state.toLowerCase().includes(wanted));
    if (view) visits = visits.filter((visit) => visit.entered <= view.to && (visit.ended ?? Infinity) >= view.from);
    if (order.value === "longest") {
      const now = serverNow();
      visits = [...visits].sort((one, other) => (other.ended ?? now) - other.entered - ((one.ended ?? now) - one.entered));
    }
    list.set(visits);
    drawAxis(all);
    setText(range, `${visits.length.toLocaleString("en")} visits in ${duration(seen.to - seen.from)}`);
  }

  function drawAxis(all) {
    const ticks = ticksOf(seen.from - all.from, seen.to - all.from);
    const length = seen.to - seen.from;
    axis.replaceChildren(
      ...ticks.map((tick) =>
        h("i.tick", { style: { left: `${((tick - (seen.from - all.from)) / length) * 100}%` } }, duration(tick)),
      ),
    );
  }

  function tick() {
    if (model.isRunning && !document.hidden) draw();
  }

  return {
    element,
    shown() {
      draw();
      clearInterval(timer);
      timer = setInterval(tick, 1000);
    },
    hidden: () => clearInterval(timer),
    update: draw,
    selected() {
      const index = list.items.indexOf(model.selection.visit);
      if (index >= 0) list.select(index);
      list.refresh();
    },
    focusFilter: () => filter.focus(),
    close() {
      clearInterval(timer);
      list.close();
    },
  };
}

function depthOf(visit) {
  let depth = 0;
  for (let at = visit.scope.visit; at; at = at.scope.visit) depth += 1;
  return depth;
}

/** Round times between two, four to eight of them. */
function ticksOf(from, to) {
  const rough = (to - from) / 5;
  const minute = 60_000;
  const units = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    1000,
    2000,
    5000,
    10_000,
    15_000,
    30_000,
    minute,
    2 * minute,
    5 * minute,
    10 * minute,
    30 * minute,
    60 * minute,
    2 * 60 * minute,
    6 * 60 * minute,
    12 * 60 * minute,
  ];
  const day = 24 * 60 * minute;
  const unit = units.find((known) => known >= rough) ?? Math.ceil(rough / day) * day;
  const ticks = [];
  for (let at = Math.ceil(from / unit) * unit; at <= to; at += unit) ticks.push(at);
  return ticks;
}
