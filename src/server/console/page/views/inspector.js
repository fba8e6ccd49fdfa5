// What is known of the selected state: its visits one by one, with data, attempts, variables, definition and events.

import { iconOf } from "../diagram-icons.js";
import { fill, h, icon, s, setText } from "../dom.js";
import { count, resourceName } from "../format.js";
import { setStatus, statusBadge } from "../status.js";
import { Tabs } from "../tabs.js";
import { showElapsed } from "../ticker.js";
import { findState, parsed } from "./definition.js";
import { placeText } from "./pieces.js";
import { attemptsPart, dataPart, definitionPart, eventsPart, variablesPart } from "./inspector-parts.js";

export function inspector(model, { showEvent }) {
  const title = h("h2", { dir: "auto", tabindex: -1 });
  const kind = h("p.muted");
  const badge = statusBadge("running");
  const took = h("span.number");
  const place = h("p.place", { hidden: true, dir: "auto" });
  const position = h("span.visit-position", { "aria-live": "polite" });
  const step = (name, label, by) =>
    h("button.quiet.small", { type: "button", "aria-label": label, title: label, onclick: () => move(by) }, icon(name));
  const steps = h(
    "div.visit-steps",
    { hidden: true },
    step("left", "Visit before", -1),
    position,
    step("right", "Visit after", 1),
    h("button.quiet.small", { type: "button", onclick: nextBroken }, "Next failed"),
  );
  const parts = {
    data: dataPart(model),
    attempts: attemptsPart(),
    variables: variablesPart(model),
    definition: definitionPart(model),
    events: eventsPart(model, showEvent),
  };
  const tabs = new Tabs({
    label: "Parts of the state",
    tabs: [
      ["data", "Data"],
      ["attempts", "Attempts"],
      ["variables", "Variables"],
      ["definition", "Definition"],
      ["events", "Events"],
    ].map(([id, label]) => ({
      id,
      label,
      build: () => {
        draw(true);
        return parts[id];
      },
    })),
  });
  const head = h(
    "div.inspector-head",
    null,
    h("div.inspector-title", null, title, kind, place),
    h("div.inspector-now", null, h("div.buttons", null, badge, took), steps),
  );
  const body = h("div.inspector-body", { hidden: true }, head, tabs.element);
  const none = h("div.inspector-none", null, h("p", null, "Choose a state in the diagram, in the history or in the timeline."));
  const element = h("section.inspector", { "aria-label": "Selected state" }, none, body);
  let drawn = "";
  tabs.show("data");

  function move(by) {
    const visits = model.history.visitsOf(model.selection.state);
    const next = visits[visits.indexOf(model.selection.visit) + by];
    if (next) model.selectVisit(next);
  }

  function nextBroken() {
    const visits = model.history.visitsOf(model.selection.state);
    const from = visits.indexOf(model.selection.visit) + 1;
    const isBroken = ({ status }) => status === "failed" || status === "timedOut" || status === "caught";
    const next = visits.slice(from).find(isBroken) ?? visits.slice(0, from).find(isBroken);
    if (next) model.selectVisit(next);
  }

  function draw(isForced = false) {
    const { state, visit } = model.selection;
    none.hidden = state !== null;
    parts.data.tellWhyNot(state);
    body.hidden = state === null;
    if (state === null) return;
    const visits = model.history.visitsOf(state);
    const { counts = {} } = model.history.states.get(state) ?? {};
    // What is shown depends on these alone: what a reader opened stays open while other states go on.
    const key = JSON.stringify([
      state,
      visit?.index,
      visit?.status,
      visit?.events.length,
      visit?.attempts.length,
      visits.length,
      model.definition !== null,
    ]);
    if (key === drawn && !isForced) return;
    drawn = key;
    drawHead(state, visit, visits, counts);
    for (const part of Object.values(parts)) part.show(visit, state);
    tabs.count("attempts", visit && visit.attempts.length > 1 ? visit.attempts.length : null, {
      alerts: visit?.attempts.some(({ error }) => error !== null),
    });
  }

  function drawHead(state, visit, visits, counts) {
    const type = visit?.type ?? findState(parsed(model.definition ?? ""), state)?.Type ?? "";
    fill(
      title,
      s(
        "svg.type-icon",
        { viewBox: "0 0 16 16", class: iconOf(type).tone, "aria-hidden": "true" },
        s("path", { d: iconOf(type).shape }),
      ),
      state,
    );
    const resource = visit?.attempts.at(-1)?.resource;
    setText(
      kind,
      [type, resource ? resourceName(visit.attempts.at(-1).resourceType, resource) : null].filter(Boolean).join(" · "),
    );
    badge.hidden = !visit;
    if (visit) setStatus(badge, visit.status);
    // What the history has not told yet is over when the execution is.
    showElapsed(took, visit?.entered ?? null, visit?.ended ?? model.times.stopped);
    const around = visit ? placeText(visit) : "";
    place.hidden = around === "";
    setText(place, around);
    steps.hidden = visits.length < 2;
    setText(
      position,
      visits.length < 2
        ? ""
        : `visit ${(visits.indexOf(visit) + 1).toLocaleString("en")} of ${visits.length.toLocaleString("en")}`,
    );
    steps.lastElementChild.hidden = !((counts.failed ?? 0) + (counts.timedOut ?? 0) + (counts.caught ?? 0) > 0);
  }

  return { element, update: draw, move, focus: () => title.focus({ preventScroll: true }), close: () => tabs.close() };
}
