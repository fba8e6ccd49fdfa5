// The frame around the views: which one is shown, where the reader is, whether the server answers, keys, theme.

import { aboutServer, forgetAbout } from "./api.js";
import { onConnection } from "./connection.js";
import { fill, h, setText } from "./dom.js";
import { listenToKeys, showKeys } from "./keys.js";
import { problemNotice } from "./notices.js";
import { currentRoute } from "./router.js";
import { applyTheme, nextTheme } from "./theme.js";
import { setServerTime } from "./ticker.js";
import { compareView } from "./views/compare.js";
import { editorView } from "./views/editor.js";
import { executionView } from "./views/execution.js";
import { machineView } from "./views/machine.js";
import { machinesView } from "./views/machines.js";

const VIEWS = { "": machinesView, machines: machineView, executions: executionView, compare: compareView, editor: editorView };

const main = document.getElementById("view");
let shown = null;

/**
 * Shows the view of the address. A view is a function of its parts that gives { element, close, update, focusFilter }; while
 * the path stays the same only `update(query)` is called, so that what was opened stays open. One that gives `isLacking()`
 * is built anew when the server is back, if it had not got what it shows.
 */
async function show() {
  const { parts, query } = currentRoute();
  const [name = "", ...rest] = parts;
  const path = JSON.stringify(parts);
  if (shown?.path === path) return shown.view.update?.(query);
  shown?.view.close?.();
  const own = { path, view: { element: main } };
  shown = own;
  let about;
  try {
    about = await aboutServer();
  } catch (error) {
    if (shown !== own) return;
    fill(main, problemNotice(error));
    shown = null;
    return;
  }
  if (shown !== own) return;
  showAbout(about);
  const build = VIEWS[name];
  own.view = build ? build({ about, setTrail }, ...rest) : nothingHere();
  const isFirst = main.dataset.ready === undefined;
  main.dataset.ready = "";
  fill(main, own.view.element);
  window.scrollTo(0, 0);
  own.view.update?.(query);
  // A new page begins at its top for the keyboard too; the first one does by itself.
  if (!isFirst) main.focus({ preventScroll: true });
}

function nothingHere() {
  setTrail([{ text: "Nothing here" }]);
  const text = h("p.notice", null, "There is no such page. ", h("a", { href: "#/" }, "All state machines"));
  return { element: h("div", null, h("h1", null, "Nothing here"), text) };
}

/** Tells where the reader is: a list of { text, href }, the last of which is here; `glyph` stands before it in the title. */
function setTrail(places, glyph = "") {
  const all = places.length === 0 ? [] : [{ text: "State machines", href: "#/" }, ...places];
  const items = all.map(({ text, href }, index) => {
    const isLast = index === all.length - 1;
    const item =
      href && !isLast
        ? h("a", { href, title: text }, text)
        : h("span", { title: text, "aria-current": isLast ? "page" : null }, text);
    return [item, isLast ? null : h("span.slash", { "aria-hidden": "true" }, "/")];
  });
  fill(document.getElementById("trail"), items);
  document.title = `${glyph} ${places.at(-1)?.text ?? "State machines"} · asl console`.trim();
}

function showAbout(about) {
  document.getElementById("read-only").hidden = !about.readOnly;
  document.getElementById("connection").title = `asl ${about.version} · ${about.region} · ${about.account} · ${about.storage}`;
  setServerTime(Date.parse(about.time));
  showConnection(false);
}

function showConnection(isLost) {
  document.getElementById("connection").dataset.state = isLost ? "lost" : "live";
  setText(document.getElementById("connection-text"), isLost ? "Not connected" : "Live");
  const banner = document.getElementById("banner");
  banner.hidden = !isLost;
  setText(banner, isLost ? "The server does not answer. Reconnecting; what you see is from before." : "");
}

onConnection((isLost) => {
  showConnection(isLost);
  if (isLost) return;
  // It may have been started again with other settings.
  forgetAbout();
  if (shown?.view.isLacking?.()) {
    shown.view.close();
    shown = null;
  }
  if (shown === null) show();
  else aboutServer().then(showAbout, () => {});
});
applyTheme();
document.getElementById("theme").addEventListener("click", nextTheme);
document.getElementById("keys").addEventListener("click", showKeys);
listenToKeys(() => shown?.view);
window.addEventListener("hashchange", show);
// A link to a part of the page is no route.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
show();
