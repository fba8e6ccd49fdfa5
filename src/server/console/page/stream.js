// Server-sent events by `fetch`, not `EventSource`: that one hides why a request was refused, tries again at its own
// pace, and cannot be told where to go on after the page was hidden.

import { ApiError, UNREACHABLE, errorOf } from "./api.js";
import { isGone, serverAnswered, serverLost, whenBack } from "./connection.js";

const SHORTEST_PAUSE = 250;
const LONGEST_PAUSE = 4_000;

/**
 * Follows a stream until `close()` is called, over lost connections and restarts of the server.
 *
 * `path(lastId)` gives the path to ask for, with the last event id that came (or undefined); `on` has a function for each
 * event name, called with the parsed data; `problem(error)` is called when the server refuses, which ends the stream.
 * While the tab is hidden the stream is closed, since browsers allow few connections to a host.
 */
export function follow(path, on, problem) {
  let lastId;
  let controller = null;
  let isClosed = false;
  let pause = SHORTEST_PAUSE;

  async function run() {
    while (!isClosed && !document.hidden) {
      const own = new AbortController();
      controller = own;
      try {
        await read(path(lastId), own.signal, (event) => {
          if (own.signal.aborted) return;
          pause = SHORTEST_PAUSE;
          if (event.id !== "") lastId = event.id;
          const data = JSON.parse(event.data);
          if (event.name === "problem") throw new ApiError(data.__type ?? "Problem", data.message ?? "", 400);
          on[event.name]?.(data);
        });
      } catch (error) {
        if (own.signal.aborted || isClosed) return;
        if (error instanceof ApiError && error.type !== UNREACHABLE) {
          isClosed = true;
          problem?.(error);
          return;
        }
        if (!(error instanceof ApiError)) throw error;
      } finally {
        // The response is let go of too when what it said was refused.
        own.abort();
      }
      await whenBack();
      // A server that accepts and drops at once must not be asked in a busy loop.
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(LONGEST_PAUSE, pause * 2);
      if (own !== controller) return;
    }
  }

  function stop() {
    controller?.abort();
    controller = null;
  }

  function visibilityChanged() {
    stop();
    if (!document.hidden && !isClosed) run();
  }

  document.addEventListener("visibilitychange", visibilityChanged);
  run();
  return {
    close() {
      isClosed = true;
      stop();
      document.removeEventListener("visibilitychange", visibilityChanged);
    },
  };
}

// Reads one response to its end, or until the connection breaks.
async function read(path, signal, receive) {
  let response;
  try {
    response = await fetch(path, { signal, cache: "no-store", headers: { Accept: "text/event-stream" } });
  } catch {
    return lost(signal);
  }
  if (isGone(response)) return lost(signal);
  serverAnswered();
  if (!response.ok) throw await errorOf(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = eventParser(receive);
  for (;;) {
    let chunk;
    try {
      chunk = await reader.read();
    } catch {
      return lost(signal);
    }
    // The stream stays open as long as the server lives: its end is the server's.
    if (chunk.done) return lost(signal);
    parser(chunk.value);
  }
}

function lost(signal) {
  if (signal.aborted) return;
  serverLost();
  throw new ApiError(UNREACHABLE, "The server does not answer.", 0);
}

/** A function that takes pieces of an event stream and calls back with `{ name, data, id }`. */
function eventParser(receive) {
  let rest = "";
  let event = { name: "message", data: [], id: "" };
  return (piece) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    for (const raw of lines) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (line === "") {
        const { name, data, id } = event;
        event = { name: "message", data: [], id: "" };
        if (data.length > 0) receive({ name, data: data.join("\n"), id });
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") event.name = value;
      else if (field === "data") event.data.push(value);
      else if (field === "id") event.id = value;
    }
  };
}
