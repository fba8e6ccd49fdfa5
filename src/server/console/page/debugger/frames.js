// The frame tree at a step: which states are open in the machine, in each branch, in each iteration.

import { fill, h } from "../dom.js";
import { count } from "../format.js";
import { STATUS_WORDS } from "../visits.js";

/** Open branches or iterations that are shown at once; the one of the current event always is. */
const MOST = 12;
const GLYPHS = { running: "▸", succeeded: "✓", failed: "✕", timedOut: "✕", caught: "↷", aborted: "■" };

/**
 * The frames of a step: { visit, status, scopes: [{ scope, frame }], done, more } from the outermost; null before the first
 * state.
 */
function framesAt(trace, step) {
  const id = trace.event(step)?.id ?? 0;
  const current = new Set();
  for (let at = trace.visitAt(step)?.scope; at; at = at.visit?.scope) current.add(at);
  // The scope of an iteration's own event, too.
  const own = trace.history.owners[id]?.scope;
  if (own) current.add(own);
  return frameOf(trace.history.root, { trace, step, id, current });
}

function frameOf(scope, at) {
  const visit = lastEntered(scope.visits, at.id);
  if (!visit) return null;
  const status = at.trace.statusAt(visit, at.step) ?? "running";
  const frame = { visit, status, scopes: [], done: 0, more: 0 };
  for (const inner of scopesAt(visit, at.id)) {
    const isCurrent = at.current.has(inner);
    if (!isCurrent && !isOpen(inner, at)) {
      frame.done += 1;
      continue;
    }
    if (!isCurrent && frame.scopes.length >= MOST) frame.more += 1;
    else frame.scopes.push({ scope: inner, frame: frameOf(inner, at) });
  }
  return frame;
}

// The branches or iterations of the attempt that a step is in.
function scopesAt(visit, id) {
  if (visit.attempts.length === 0) return [];
  let from = 0;
  let until = Infinity;
  for (const attempt of visit.attempts) {
    if (attempt.scheduledId > id) {
      until = attempt.scheduledId;
      break;
    }
    from = attempt.scheduledId;
  }
  const all = [...visit.attempts.flatMap((attempt) => attempt.scopes ?? []), ...visit.scopes].filter(Boolean);
  return all.filter(({ startedId }) => startedId <= id && startedId >= from && startedId < until);
}

// A scope whose last state has ended is done; between two of its states it is not.
function isOpen(scope, { trace, step, id }) {
  const last = scope.visits.at(-1);
  if (!last || last.enteredId > id) return true;
  return trace.statusAt(last, step) === "running";
}

function lastEntered(visits, id) {
  let low = 0;
  let high = visits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (visits[middle].enteredId <= id) low = middle + 1;
    else high = middle;
  }
  return visits[low - 1] ?? null;
}

/** Draws the tree, and which state comes next; `choose(visit)` is called when the reader chooses a frame. */
export function drawFrames(element, trace, step, selected, choose) {
  const frame = framesAt(trace, step);
  const next = trace.nextVisit(step);
  const coming = next ? h("p.dbg-coming.muted", null, "Next: ", h("b", { dir: "auto" }, next.state)) : null;
  if (!frame) return fill(element, h("p.none", null, "No state has begun yet."), coming);
  fill(element, h("ul.dbg-frames", null, item(frame, selected, choose)), coming);
  // Only the panel scrolls, never the page.
  const chosen = element.querySelector(".selected");
  const panel = element.parentElement;
  if (!chosen || !panel) return element;
  const top = chosen.getBoundingClientRect().top - panel.getBoundingClientRect().top;
  if (top < 0 || top + chosen.offsetHeight > panel.clientHeight) panel.scrollTop += top - panel.clientHeight / 2;
  return element;
}

function item({ visit, status, scopes, done, more }, selected, choose) {
  const isSelected = visit === selected;
  const button = h(
    "button.dbg-frame",
    {
      type: "button",
      class: [status, isSelected && "selected"],
      "aria-current": isSelected ? "true" : null,
      onclick: () => choose(visit),
    },
    h("span.dbg-glyph", { "aria-hidden": "true" }, GLYPHS[status]),
    h("span.dbg-name", { dir: "auto" }, visit.state),
    h("span.muted", null, visit.type),
    h("span.visually-hidden", null, STATUS_WORDS[status]),
  );
  const inner = scopes.map(({ scope, frame }) =>
    h(
      "li",
      null,
      h("span.dbg-scope", null, scope.kind === "branch" ? `Branch ${scope.number + 1}` : `Iteration ${scope.index}`),
      frame ? h("ul", null, item(frame, selected, choose)) : h("span.muted", null, " begins"),
    ),
  );
  const rest = [done > 0 ? `${done.toLocaleString("en")} done` : null, more > 0 ? `${count(more, "more", "more")} open` : null]
    .filter(Boolean)
    .join(", ");
  return h(
    "li",
    null,
    button,
    inner.length > 0 || rest ? h("ul", null, inner, rest ? h("li.muted.dbg-rest", null, rest) : null) : null,
  );
}
