// Requests whose answers hold data of executions as JSON, not as texts: a number with more digits than a double holds stays
// what it is, where the browser can do that.

import { sendJson } from "../api.js";

const MANY_DIGITS = /\d{16}|\d\.\d{12}/;
const IS_EXACT = typeof JSON.rawJSON === "function";

/** Posts JSON to one of the console's paths; `signal` gives the request up. */
export async function postExact(path, request, signal) {
  return parseExact(await (await sendJson(path, request, signal)).text());
}

/** The value of a JSON text. A number that a double cannot hold becomes a raw one, which `JSON.stringify` writes as it was. */
export function parseExact(text) {
  if (!IS_EXACT || !MANY_DIGITS.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value, { source } = {}) => {
    if (typeof value !== "number" || source === undefined || source.replace(/\D/g, "").length <= 15) return value;
    return String(value) === source ? value : JSON.rawJSON(source);
  });
}

/** The JSON text of a value, as the viewer takes it. */
export function jsonText(value) {
  return JSON.stringify(value) ?? "null";
}
