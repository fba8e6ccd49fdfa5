// The badge of a status: of an execution as the API spells it, or of a visit.

import { h, setText } from "./dom.js";

const EXECUTION = {
  RUNNING: ["running", "Running"],
  SUCCEEDED: ["succeeded", "Succeeded"],
  FAILED: ["failed", "Failed"],
  TIMED_OUT: ["timedOut", "Timed out"],
  ABORTED: ["aborted", "Aborted"],
  PENDING_REDRIVE: ["pending", "Waits for redrive"],
};
const VISIT = {
  running: "Running",
  succeeded: "Succeeded",
  failed: "Failed",
  timedOut: "Timed out",
  aborted: "Aborted",
  caught: "Caught an error",
};

export const EXECUTION_STATUSES = Object.keys(EXECUTION).slice(0, 5);

export function statusName(status) {
  return EXECUTION[status]?.[1] ?? VISIT[status] ?? status;
}

/** An API status as the class of a visit's. */
export function statusClass(status) {
  return EXECUTION[status]?.[0] ?? status;
}

export function statusBadge(status) {
  return h("span.status", { class: statusClass(status) }, statusName(status));
}

/** Changes a badge in place, so that nothing that is read out again has not changed. */
export function setStatus(badge, status) {
  badge.className = `status ${statusClass(status)}`;
  setText(badge, statusName(status));
}
