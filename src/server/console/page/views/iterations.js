// The iterations of the Map states that run within the execution: a list of each, and the states of the one that is chosen.

import { fill, h } from "../dom.js";
import { duration, offset } from "../format.js";
import { statusBadge } from "../status.js";
import { serverNow, showElapsed } from "../ticker.js";
import { VirtualList } from "../virtual-list.js";
import { placeText } from "./pieces.js";

export function iterationsPart(model) {
  let map = null;
  let chosen = null;
  const maps = h("select", {
    "aria-label": "Map state",
    onchange: () => {
      map = model.history.visits[Number(maps.value)];
      chosen = null;
      draw();
    },
  });
  const status = h(
    "select",
    { "aria-label": "Filter iterations by status", onchange: draw },
    [
      ["", "All statuses"],
      ["running", "Running"],
      ["succeeded", "Succeeded"],
      ["failed", "Failed"],
      ["aborted", "Aborted"],
    ].map(([value, name]) => h("option", { value }, name)),
  );
  const filter = h("input", {
    type: "search",
    inputmode: "numeric",
    placeholder: "Index, or text of the item",
    "aria-label": "Filter iterations",
    oninput: draw,
  });
  const counter = h("span.count");
  const list = new VirtualList({
    label: "Iterations",
    class: "iterations-table",
    columns: [
      { name: "Index", class: "number" },
      { name: "Status" },
      { name: "Began", class: "number optional" },
      { name: "Took", class: "number optional" },
      { name: "Item" },
    ],
    key: (scope) => scope,
    rowClass: (scope) => scope === chosen && "chosen",
    cells: (scope) => [
      String(scope.index),
      statusBadge(scope.status),
      offset((scope.started ?? 0) - (model.history.started ?? 0)),
      showElapsed(h("span"), scope.started, scope.ended),
      h("span.mono", { dir: "auto" }, scope.error ?? (scope.visits[0]?.input ?? "").slice(0, 160)),
    ],
    choose(scope) {
      chosen = scope;
      list.refresh();
      drawStates();
      const visit = scope.visits.findLast(({ status: of }) => of === "failed" || of === "timedOut") ?? scope.visits.at(-1);
      if (visit) model.selectVisit(visit);
    },
    empty: "No iteration fits.",
  });
  const states = h("div.iteration-states", { "aria-live": "off" });
  const progress = h("div.progress-line");
  const element = h(
    "div.iterations",
    null,
    h("div.filters", null, maps, filter, status, counter),
    progress,
    h("div.split-list", null, list.element, states),
  );

  function mapVisits() {
    return model.history.visits.filter((visit) => visit.type === "Map" && visit.scopes.length > 0);
  }

  function draw() {
    const all = mapVisits();
    if (map === null || !all.includes(map)) map = all.find((visit) => visit === model.selection.visit) ?? all.at(0) ?? null;
    const options = all.map((visit) => [String(visit.index), [visit.state, placeText(visit)].filter(Boolean).join(" in ")]);
    if (options.length !== maps.options.length)
      fill(
        maps,
        options.map(([value, name]) => h("option", { value }, name)),
      );
    maps.hidden = options.length < 2;
    if (map === null) return;
    maps.value = String(map.index);
    const wanted = filter.value.trim().toLowerCase();
    const scopes = map.scopes.filter(
      (scope) =>
        scope &&
        (status.value === "" || scope.status === status.value) &&
        (wanted === "" ||
          String(scope.index) === wanted ||
          (!/^\d+$/.test(wanted) && (scope.visits[0]?.input ?? "").toLowerCase().includes(wanted))),
    );
    list.set(scopes);
    const total = map.attempts.at(-1)?.length ?? map.scopes.length;
    counter.textContent =
      scopes.length === total
        ? `${total.toLocaleString("en")} iterations`
        : `${scopes.length.toLocaleString("en")} of ${total.toLocaleString("en")}`;
    fill(progress, progressBar(countsOf(map, total), total));
    if (chosen) drawStates();
  }

  function drawStates() {
    const visits = chosen?.visits ?? [];
    fill(
      states,
      chosen ? h("h3", null, `Iteration ${chosen.index}`) : h("p.none", null, "Choose an iteration to see its states."),
      h(
        "ol.state-links",
        null,
        visits
          .slice(0, 200)
          .map((visit) =>
            h(
              "li",
              null,
              statusBadge(visit.status),
              " ",
              h("button.link", { type: "button", dir: "auto", onclick: () => model.selectVisit(visit) }, visit.state),
              " ",
              h("span.muted.number", null, duration((visit.ended ?? serverNow()) - visit.entered)),
            ),
          ),
      ),
      visits.length > 200 ? h("p.hint", null, `and ${visits.length - 200} more`) : null,
    );
  }

  return {
    element,
    shown: draw,
    update: draw,
    selected() {
      const scope = model.selection.visit?.scope;
      if (scope?.kind === "iteration" && scope !== chosen && scope.visit === map) {
        chosen = scope;
        list.refresh();
        drawStates();
      }
    },
    focusFilter: () => filter.focus(),
    close: () => list.close(),
  };
}

function countsOf(map, total) {
  const counts = { succeeded: 0, failed: 0, aborted: 0, running: 0, pending: 0 };
  let known = 0;
  for (const scope of map.scopes) {
    if (!scope) continue;
    known += 1;
    counts[scope.status] = (counts[scope.status] ?? 0) + 1;
  }
  counts.pending = Math.max(0, total - known);
  return counts;
}

/** A bar of parts with the counts in words beneath: `counts` by status. */
export function progressBar(counts, total) {
  const parts = Object.entries(counts).filter(([, number]) => number > 0);
  const words = parts.map(([status, number]) => `${number.toLocaleString("en")} ${status}`).join(" · ");
  return h(
    "div.progress",
    null,
    h(
      "div.progress-bar",
      { role: "img", "aria-label": `Of ${total}: ${words}` },
      parts.map(([status, number]) => h("i", { class: status, style: { flex: String(number) } })),
    ),
    h("p.hint", null, words || "none yet"),
  );
}
