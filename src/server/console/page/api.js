// Requests to the server: AWS's actions, and the console's own paths.

import { isGone, serverAnswered, serverLost } from "./connection.js";

/** What the server answered instead of a result; `type` is AWS's name of it, as in `ExecutionDoesNotExist`. */
export class ApiError extends Error {
  constructor(type, message, status) {
    super(message);
    this.name = "ApiError";
    this.type = type;
    this.status = status;
  }
}

/** The type of the error when no answer came at all. */
export const UNREACHABLE = "Unreachable";

/** Calls an action of AWS Step Functions: `call("DescribeExecution", { executionArn })`. */
export function call(action, request = {}) {
  return post(`api/call/${action}`, request);
}

/** Posts JSON to one of the console's paths. */
export async function post(path, request) {
  return (await sendJson(path, request)).json();
}

/** Posts JSON and gives the response, which is OK; `signal` gives the request up. */
export function sendJson(path, request, signal) {
  // A page of another origin cannot send this header, which is how the server knows its own.
  return send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Asl-Console": "1" },
    body: JSON.stringify(request),
    signal,
  });
}

/** Gets JSON from one of the console's paths; parameters that are undefined are left out. */
export async function get(path, parameters = {}) {
  return (await send(withQuery(path, parameters), {})).json();
}

export function withQuery(path, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null));
  return query.size > 0 ? `${path}?${query}` : path;
}

/** All items of a list action, page after page: `listAll("ListStateMachines", {}, "stateMachines")`. */
export async function listAll(action, request, member) {
  const items = [];
  let nextToken;
  do {
    const page = await call(action, { ...request, maxResults: 1000, nextToken });
    items.push(...(page[member] ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return items;
}

/** What the server says of itself; asked once, and again after it was gone. */
let about = null;
export function aboutServer() {
  about ??= get("api/about").catch((error) => {
    about = null;
    throw error;
  });
  return about;
}

export function forgetAbout() {
  about = null;
}

/** The error in the answer of a response that is not OK. */
export async function errorOf(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    /* not JSON: a proxy's page, or nothing */
  }
  const type = String(body?.__type ?? "").replace(/^.*#/, "") || `Http${response.status}`;
  return new ApiError(
    type,
    body?.message ?? body?.Message ?? `The server answered ${response.status} ${response.statusText}`.trim(),
    response.status,
  );
}

async function send(path, options) {
  let response = null;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
  } catch (error) {
    if (options.signal?.aborted) throw error;
  }
  if (response === null || isGone(response)) {
    serverLost();
    throw new ApiError(UNREACHABLE, "The server does not answer.", 0);
  }
  serverAnswered();
  if (!response.ok) throw await errorOf(response);
  return response;
}
