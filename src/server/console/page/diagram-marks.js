// What happened to each state, in short: for the colours and badges of a diagram.

import { STATUSES, isInIteration } from "./visits.js";

/** The marks of a history's states: for each the status that matters most, and counts. */
export function marksOf(history, waiting = new Set()) {
  const marks = new Map();
  for (const [name, { counts, visits }] of history.states) {
    const last = visits.at(-1);
    // What runs is what a reader looks for, then what the last visit came to.
    const status =
      counts.running > 0
        ? "running"
        : visits.length > 50 || isInIteration(last)
          ? STATUSES.find((known) => counts[known] > 0)
          : last.status;
    const retries = visits.length === 1 ? last.attempts.length - 1 : 0;
    marks.set(name, {
      status,
      visits: visits.length,
      retries,
      broken: (counts.failed ?? 0) + (counts.timedOut ?? 0),
      isWaiting: waiting.has(name),
    });
  }
  return marks;
}

/** The text of a badge: a sign for the status, and how often, where that is more than once. */
export function badgeText(mark) {
  if (!mark) return "";
  const visits = mark.visits > 1 ? `×${mark.visits.toLocaleString("en")}` : "";
  const broken = mark.broken > 0 && mark.visits > 1 ? ` · ${mark.broken} failed` : "";
  const retries = mark.retries > 0 ? `${mark.retries} ${mark.retries === 1 ? "retry" : "retries"}` : "";
  const glyph = { succeeded: "✓", failed: "✕", timedOut: "✕", caught: "↷", aborted: "■", running: "▸" }[mark.status] ?? "";
  return [`${glyph}`, visits + broken, retries].filter(Boolean).join(" ");
}
