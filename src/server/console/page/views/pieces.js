// Small pieces that several parts of an execution's view are made of.

import { h } from "../dom.js";
import { jsonView } from "../json.js";
import { parseJson } from "../json-text.js";
import { iterationsAround } from "../visits.js";

/** A part that is built when it is opened. */
export function lazyDetails(summary, build, { isOpen = false } = {}) {
  const body = h("div.details-body");
  let isBuilt = false;
  const fillIn = () => {
    if (isBuilt || !details.open) return;
    isBuilt = true;
    body.append(build());
  };
  const details = h("details.fold", { open: isOpen, ontoggle: fillIn }, h("summary", null, summary), body);
  fillIn();
  return details;
}

export function fact(term, value) {
  return value === null || value === undefined || value === "" ? null : h("div", null, h("dt", null, term), h("dd", null, value));
}

/** An error name and its cause; a cause that is JSON is shown as such, with its message in words before it. */
export function errorBlock(error, cause, { label = "Cause", isBrief = false } = {}) {
  const node = cause ? parseJson(cause).node : null;
  const isStructured = node?.kind === "object" || node?.kind === "array";
  const message = isStructured ? messageOf(node) : null;
  const words = isStructured ? message : cause ? (node?.value ?? cause) : null;
  const whole = () => jsonView(cause, { label });
  return h(
    "div.error-block",
    null,
    h(
      "div.error-words",
      null,
      error === null || error === undefined ? null : h("p.error-name", null, h("code", { dir: "auto" }, error)),
      words ? h("p.error-message", { dir: "auto" }, words) : null,
      cause ? null : h("p.none", null, "no cause was given"),
    ),
    isStructured ? (isBrief && message ? lazyDetails("Whole cause", whole) : whole()) : null,
  );
}

/** The words in a cause that is JSON: of a Lambda function's error, of an execution that failed, of a service's answer. */
function messageOf(node) {
  const entries = new Map(node.entries ?? []);
  for (const name of ["errorMessage", "Cause", "message", "Message", "error_message"]) {
    const found = entries.get(name);
    if (found?.kind === "string" && found.value !== "") return found.value;
  }
  return null;
}

/** `Each Order #3 › Lines #0` for a visit in Map iterations; an empty text for others. */
export function placeText(visit) {
  return iterationsAround(visit)
    .map(({ state, index }) => `${state} #${index}`)
    .join(" › ");
}
