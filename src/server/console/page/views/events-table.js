// The history as AWS shows it: every event with its type, state and time; details open below a row.

import { h } from "../dom.js";
import { millis, offset, dateTime, timeOfDay, resourceName } from "../format.js";
import { detailsOf, isFailure } from "../events.js";
import { jsonView } from "../json.js";
import { VirtualList } from "../virtual-list.js";
import { placeText } from "./pieces.js";

const KINDS = {
  "": { name: "All events", fits: () => true },
  states: { name: "States entered and exited", fits: ({ type }) => /State(Entered|Exited)$/.test(type) },
  tasks: { name: "Tasks", fits: ({ type }) => /^(Task|LambdaFunction|Activity)(?!State)/.test(type) },
  failures: { name: "Failures", fits: isFailure },
  maps: { name: "Maps and branches", fits: ({ type }) => /^(Map|Parallel)/.test(type) },
  execution: { name: "The execution", fits: ({ type }) => type.startsWith("Execution") },
};

/** Payloads are shown as JSON; everything else of an event as a list. */
const PAYLOADS = new Set(["input", "output", "parameters", "cause"]);

export function eventsTable(model) {
  let isNewestFirst = false;
  let shownFor = "";
  const filter = h("input", {
    type: "search",
    placeholder: "Filter by state, type, id or text",
    "aria-label": "Filter events",
    oninput: draw,
  });
  const kind = h(
    "select",
    { "aria-label": "Kinds of events", onchange: draw },
    Object.entries(KINDS).map(([value, { name }]) => h("option", { value }, name)),
  );
  const own = h("input", { type: "checkbox", onchange: draw });
  const ownLabel = h("label.check", null, own, "only the selected state");
  const order = h("button.secondary", { type: "button", "aria-pressed": "false", onclick: turn }, "Newest first");
  const counter = h("span.count");
  const list = new VirtualList({
    label: "Events of the history",
    class: "events-table",
    columns: [
      { name: "Id", class: "number" },
      { name: "Type" },
      { name: "State" },
      { name: "Since start", class: "number optional" },
      { name: "What", class: "optional" },
    ],
    key: (event) => event.id,
    // An event never changes: what a reader opened in it stays as it is while more come.
    stamp: (event) => event.type,
    rowClass: (event) => isFailure(event) && "event-failure",
    cells: (event) => {
      const name = stateOf(event);
      return [
        String(event.id),
        h("span", { title: event.type }, event.type),
        h("span", { dir: "auto", title: name }, name),
        offset(millis(event.timestamp) - start()),
        h("span.muted", { dir: "auto" }, glance(event)),
      ];
    },
    details,
    empty: "No event fits.",
  });
  const element = h("div.history", null, h("div.filters", null, filter, kind, ownLabel, order, counter), list.element);

  const start = () => model.history.started ?? 0;

  function stateOf(event) {
    const owner = model.history.owners[event.id];
    if (owner?.visit) return owner.visit.state;
    return owner?.scope?.visit ? `${owner.scope.visit.state} #${owner.scope.index}` : "";
  }

  function turn() {
    isNewestFirst = !isNewestFirst;
    order.setAttribute("aria-pressed", String(isNewestFirst));
    draw();
    list.scroller.scrollTop = 0;
  }

  function draw() {
    const { history } = model;
    const wanted = filter.value.trim().toLowerCase();
    const { fits } = KINDS[kind.value];
    const visit = own.checked ? model.selection.visit : null;
    const key = JSON.stringify([wanted, kind.value, own.checked, visit?.index, isNewestFirst]);
    const isSame = key === shownFor;
    shownFor = key;
    const source = visit ? visit.events.map((id) => history.events[id]) : history.events.slice(1);
    const items = source.filter((event) => event && fits(event) && (wanted === "" || matches(event, wanted)));
    if (isNewestFirst) items.reverse();
    const isAtEnd = list.set(items);
    // Who reads the end of a running execution goes on with it.
    if (isSame && isAtEnd && !isNewestFirst && model.isRunning && list.scroller.scrollTop > 0) list.scrollToEnd();
    counter.textContent =
      items.length === history.size
        ? `${history.size.toLocaleString("en")} events`
        : `${items.length.toLocaleString("en")} of ${history.size.toLocaleString("en")}`;
  }

  function matches(event, wanted) {
    if (String(event.id) === wanted || event.type.toLowerCase().includes(wanted) || stateOf(event).toLowerCase().includes(wanted))
      return true;
    return (
      wanted.length > 2 &&
      Object.values(detailsOf(event) ?? {}).some((value) => typeof value === "string" && value.toLowerCase().includes(wanted))
    );
  }

  function details(event) {
    const values = Object.entries(detailsOf(event) ?? {}).filter(([name]) => !name.endsWith("Details"));
    const facts = values.filter(([name]) => !PAYLOADS.has(name) && name !== "assignedVariables");
    const payloads = values.filter(([name]) => PAYLOADS.has(name));
    const visit = model.history.visitOf(event.id);
    const at = millis(event.timestamp);
    return [
      h(
        "dl.facts",
        null,
        [
          ["time", `${dateTime(at)} (${timeOfDay(at)})`],
          ["previous event", String(event.previousEventId)],
          ...facts.map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : String(value)]),
        ].map(([name, value]) => h("div", null, h("dt", null, name), h("dd", { dir: "auto" }, value))),
        visit
          ? h(
              "div",
              null,
              h("dt", null, "state"),
              h(
                "dd",
                null,
                h("button.link", { type: "button", dir: "auto", onclick: () => model.selectVisit(visit) }, visit.state),
                placeText(visit) ? ` in ${placeText(visit)}` : "",
              ),
            )
          : null,
      ),
      payloads.map(([name, text]) =>
        h("div.data-section", null, h("h3", null, name), jsonView(text, { label: `${name} of event ${event.id}` })),
      ),
      values.find(([name]) => name === "assignedVariables")
        ? h(
            "div.data-section",
            null,
            h("h3", null, "assigned variables"),
            jsonView(variablesText(values), { label: `Variables of event ${event.id}` }),
          )
        : null,
    ];
  }

  return {
    element,
    shown: draw,
    update: draw,
    /** Shows an event whatever is filtered. */
    showEvent(id) {
      filter.value = "";
      kind.value = "";
      own.checked = false;
      draw();
      const index = list.items.findIndex((event) => event.id === id);
      list.select(index, { opens: true });
      list.scroller.focus();
    },
    selected() {
      if (own.checked) draw();
    },
    focusFilter: () => filter.focus(),
    close: () => list.close(),
  };
}

// What a reader wants to see of an event without opening it.
function glance(event) {
  const details = detailsOf(event);
  if (!details) return "";
  if (details.error !== undefined || details.cause !== undefined)
    return [details.error, details.cause].filter(Boolean).join(": ").slice(0, 200);
  if (details.resource !== undefined)
    return [resourceName(details.resourceType, details.resource), details.output ?? details.parameters ?? details.input]
      .filter(Boolean)
      .join(" ")
      .slice(0, 200);
  if (details.index !== undefined) return `iteration ${details.index}`;
  if (details.length !== undefined) return `${details.length} items`;
  return String(details.output ?? details.input ?? details.mapRunArn ?? details.redriveCount ?? "").slice(0, 200);
}

// The values are JSON texts: put together as they are, so that no number is written otherwise.
function variablesText(values) {
  const { 1: variables } = values.find(([name]) => name === "assignedVariables");
  return `{${Object.entries(variables)
    .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
    .join(",")}}`;
}
