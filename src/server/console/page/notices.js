// What is said where something cannot be shown.

import { UNREACHABLE } from "./api.js";
import { h } from "./dom.js";

const WORDS = {
  ExecutionDoesNotExist:
    "The server does not know this execution. If it keeps executions in memory, they are gone since it was started anew.",
  StateMachineDoesNotExist: "The server does not know this state machine.",
  [UNREACHABLE]: "The server does not answer. This page goes on when it does.",
};

/** A box that says in words why a request failed. */
export function problemNotice(error) {
  return h(
    "div.problem",
    { role: "alert" },
    h("p", null, WORDS[error.type] ?? error.message),
    error.type && error.type !== UNREACHABLE ? h("p.hint", null, error.type) : null,
  );
}

/** Why nothing may be changed here, or null. */
export function readOnlyReason(about) {
  return about.readOnly ? "This console is read-only" : null;
}
