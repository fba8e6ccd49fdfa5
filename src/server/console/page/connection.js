// Whether the server answers. One place knows, so that the banner, the streams and the views agree.

const ASK_EVERY = 1_000;

let isLost = false;
let timer = 0;
const listeners = new Set();

/** Calls back with `true` when the server is lost and with `false` when it is back; returns a function that ends this. */
export function onConnection(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A request did not reach the server. From now on it is asked every second until it answers. */
export function serverLost() {
  if (isLost) return;
  isLost = true;
  tell();
  timer = setTimeout(askAgain, ASK_EVERY);
}

/** A request was answered, with whatever status. */
export function serverAnswered() {
  if (!isLost) return;
  isLost = false;
  clearTimeout(timer);
  tell();
}

/** Whether a response is not the server's own: a proxy in front of one that is gone answers 502 to 504. */
export function isGone({ status }) {
  return status >= 502 && status <= 504;
}

/** Resolves as soon as the server answers. */
export function whenBack() {
  if (!isLost) return Promise.resolve();
  return new Promise((resolve) => {
    const end = onConnection((lost) => {
      if (lost) return;
      end();
      resolve();
    });
  });
}

async function askAgain() {
  try {
    const response = await fetch("api/about", { cache: "no-store" });
    if (isGone(response)) throw new Error("no server");
    serverAnswered();
  } catch {
    timer = setTimeout(askAgain, ASK_EVERY);
  }
}

function tell() {
  for (const listener of [...listeners]) listener(isLost);
}
