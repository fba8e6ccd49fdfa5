// A viewer of JSON: collapsible, searchable, large values drawn only when they are looked at; and, given what was there
// before, what has changed.

import { h, icon, fill, uniqueId } from "./dom.js";
import { copyButton } from "./copy.js";
import { bytes, count } from "./format.js";
import { isSameJson, parseJson, scalarText, writeJson } from "./json-text.js";

/** The members drawn at once; the rest by a button, so that a list of 100,000 does not stop the page. */
const PAGE = 100;
const LONGEST_TEXT = 400;
/** What is open at first: as many rows as may be taken in at a glance. */
const OPEN_ROWS = 40;

/**
 * An element that shows a JSON text (or a value, when `text` is not a string).
 *
 * Options: `label` names it for a screen reader; `against` is a JSON text of before: what was added, changed or removed
 * since is marked; `isPlain` leaves the toolbar away; `wrapsText` shows a text that is not JSON as it is.
 */
export function jsonView(text, { label = "JSON", against = null, isPlain = false } = {}) {
  if (text === null || text === undefined) return h("p.none", null, "none");
  const source = typeof text === "string" ? text : JSON.stringify(text);
  const { node } = parseJson(source);
  if (!node)
    return h(
      "div.json",
      null,
      bar(label, source, null),
      h("pre.json-text", { tabindex: 0, role: "group", "aria-label": label }, source),
    );
  const before = against === null ? null : (parseJson(against).node ?? null);
  const tree = new Tree(node, before, label);
  return h("div.json", null, isPlain ? null : bar(label, source, tree), tree.element);
}

function bar(label, source, tree) {
  const size = bytes(new TextEncoder().encode(source).length);
  return h(
    "div.json-bar",
    null,
    h("span.json-size", null, size),
    tree?.isLarge ? tree.search : null,
    tree?.isNested
      ? h(
          "button.quiet.small",
          { type: "button", "aria-label": `Open all of ${label}`, title: "Open all", onclick: () => tree.openAll() },
          icon("open"),
        )
      : null,
    tree?.isNested
      ? h(
          "button.quiet.small",
          { type: "button", "aria-label": `Close all of ${label}`, title: "Close all", onclick: () => tree.closeAll() },
          icon("close-all"),
        )
      : null,
    copyButton(() => (tree ? writeJson(tree.node, 2) : source), `Copy ${label}`),
  );
}

class Tree {
  constructor(node, before, label) {
    this.node = node;
    this.isNested = childrenOf(node).length > 0;
    this.isLarge = sizeUpTo(node, 12) >= 12;
    this.budget = OPEN_ROWS;
    this.query = "";
    this.element = h("div.json-tree", {
      role: "group",
      "aria-label": label,
      tabindex: 0,
      onkeydown: (event) => moveFocus(event, this.element),
    });
    this.search = h("input.json-search", {
      type: "search",
      placeholder: "Search",
      "aria-label": `Search in ${label}`,
      oninput: () => this.find(this.search.value),
    });
    this.before = before;
    this.draw();
  }

  draw() {
    this.budget = OPEN_ROWS;
    fill(this.element, this.row(null, this.node, this.before, 0));
  }

  find(text) {
    this.query = text.trim().toLowerCase();
    this.draw();
    this.element.querySelector(".found")?.scrollIntoView({ block: "nearest" });
  }

  openAll() {
    // As much as a reader may want at once; deeper parts open by hand.
    for (let rows = 0; rows < 5_000;) {
      const closed = [...this.element.querySelectorAll("details.json-node:not([open])")];
      if (closed.length === 0) break;
      for (const details of closed.slice(0, 500)) {
        details.drawChildren();
        details.open = true;
        rows += details.lastElementChild.childElementCount;
      }
    }
  }

  closeAll() {
    for (const details of this.element.querySelectorAll("details.json-node[open]")) {
      if (details.parentElement !== this.element) details.open = false;
    }
  }

  /** A row: a scalar, or a container that draws its children when it is opened. `before` undefined: was not there. */
  row(name, node, before, depth) {
    const isDiff = this.before !== null;
    const change =
      !isDiff || before === null
        ? ""
        : before === undefined
          ? "added"
          : isSameJson(node, before)
            ? ""
            : childrenOf(node).length > 0 && before.kind === node.kind
              ? ""
              : "changed";
    const key =
      name === null
        ? null
        : [
            h("span.json-key", null, this.marked(typeof name === "number" ? String(name) : JSON.stringify(name))),
            h("span.json-colon", null, ": "),
          ];
    const children = childrenOf(node);
    if (children.length === 0) {
      const was = change === "changed" && childrenOf(before).length === 0 ? h("span.json-was", null, scalarText(before)) : null;
      return h("div.json-row", { class: change }, key, this.scalar(node), was);
    }
    return this.container(key, node, children, before, depth, change);
  }

  container(key, node, children, before, depth, change) {
    const isArray = node.kind === "array";
    const body = h("div.json-children");
    const inside = this.query !== "" && contains(node, this.query);
    const isOpen =
      depth === 0 ||
      inside ||
      (this.query === "" && this.budget >= children.length && depth < 6) ||
      (before && this.before !== null && !isSameJson(node, before));
    if (isOpen) this.budget -= children.length;
    let isDrawn = false;
    const drawChildren = () => {
      if (isDrawn) return;
      isDrawn = true;
      this.append(body, node, children, before, depth + 1, 0);
    };
    const summary = h(
      "summary.json-row",
      { class: change },
      key,
      h("span.json-brace", null, isArray ? "[" : "{"),
      h("span.json-fold", null, isArray ? count(children.length, "item") : glance(children), isArray ? " ]" : " }"),
    );
    const details = h("details.json-node", { open: isOpen, ontoggle: drawChildren }, summary, body);
    details.drawChildren = drawChildren;
    if (isOpen) drawChildren();
    return details;
  }

  append(body, node, children, before, depth, from) {
    const names = node.kind === "object";
    const others = before?.kind === node.kind ? (names ? new Map(before.entries) : before.items) : null;
    const until = Math.min(children.length, from + PAGE);
    const rows = [];
    // In a long list that is searched only what fits is of interest, wherever it stands.
    const found =
      this.query === "" || children.length <= PAGE
        ? null
        : children.map((_, i) => i).filter((i) => this.fits(names ? children[i] : [i, children[i]]));
    const shown = found?.slice(0, PAGE) ?? Array.from({ length: until - from }, (_, i) => from + i);
    for (const i of shown) {
      const [name, child] = names ? children[i] : [i, children[i]];
      const old = before === null || before === undefined ? null : others ? (names ? others.get(name) : others[i]) : undefined;
      rows.push(this.row(name, child, old, depth));
    }
    if (found)
      rows.push(
        h(
          "p.none",
          null,
          `${found.length.toLocaleString("en")} of ${children.length.toLocaleString("en")} fit${found.length > PAGE ? `; the first ${PAGE} are shown` : ""}`,
        ),
      );
    else if (until < children.length) {
      const more = h(
        "button.quiet.small.json-more",
        {
          type: "button",
          onclick: () => {
            more.remove();
            this.append(body, node, children, before, depth, until);
          },
        },
        `${(children.length - until).toLocaleString("en")} more`,
      );
      rows.push(more);
    } else if (others) {
      const known = names ? new Set(node.entries.map(([name]) => name)) : null;
      const gone = names
        ? before.entries.filter(([name]) => !known.has(name))
        : before.items.slice(children.length).map((item, i) => [children.length + i, item]);
      for (const [name, old] of gone.slice(0, PAGE))
        rows.push(
          h(
            "div.json-row.removed",
            null,
            h("span.json-key", null, JSON.stringify(name)),
            ": ",
            h("span", null, cut(writeJson(old))),
          ),
        );
    }
    body.append(...rows);
  }

  fits([name, child]) {
    return String(name).toLowerCase().includes(this.query) || contains(child, this.query);
  }

  scalar(node) {
    const text = scalarText(node);
    const kind = node.items || node.entries ? "empty" : node.kind === "true" || node.kind === "false" ? "boolean" : node.kind;
    const shown = node.items ? "[]" : node.entries ? "{}" : visible(text);
    if (shown.length <= LONGEST_TEXT) return h("span", { class: `json-${kind}` }, this.marked(shown));
    const span = h("span", { class: `json-${kind}` }, cut(shown));
    const id = uniqueId("text");
    span.id = id;
    const more = h(
      "button.quiet.small.json-more",
      {
        type: "button",
        "aria-controls": id,
        onclick: () => {
          fill(span, this.marked(shown));
          more.remove();
        },
      },
      `all ${bytes(shown.length)}`,
    );
    return [span, more];
  }

  // The text, with what was searched for marked.
  marked(text) {
    if (this.query === "") return text;
    const parts = [];
    const lower = text.toLowerCase();
    let from = 0;
    for (let at = lower.indexOf(this.query); at >= 0 && parts.length < 100; at = lower.indexOf(this.query, from)) {
      parts.push(text.slice(from, at), h("mark.found", null, text.slice(at, at + this.query.length)));
      from = at + this.query.length;
    }
    return [...parts, text.slice(from)];
  }
}

// Characters that turn the direction of what follows, or have no width, are shown by their codes: nothing is as it looks with them.
function visible(text) {
  return text.replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, (c) =>
    c === "\u200d" ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function childrenOf(node) {
  return node?.items ?? node?.entries ?? [];
}

function cut(text) {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`;
}

// The names of an object that is closed, as many as are seen at a glance.
function glance(entries) {
  const names = entries.slice(0, 5).map(([name]) => (name.length > 24 ? `${name.slice(0, 24)}…` : name));
  return ` ${names.join(", ")}${entries.length > 5 ? `, … ${entries.length - 5} more` : ""}`;
}

function contains(node, query) {
  const rest = [node];
  while (rest.length > 0) {
    const at = rest.pop();
    if (at.items) rest.push(...at.items.slice(0, 10_000));
    else if (at.entries) {
      for (const [name, child] of at.entries) {
        if (name.toLowerCase().includes(query)) return true;
        rest.push(child);
      }
    } else if (scalarText(at).toLowerCase().includes(query)) return true;
  }
  return false;
}

function sizeUpTo(node, most) {
  let size = 0;
  const rest = [node];
  while (rest.length > 0 && size < most) {
    const at = rest.pop();
    size += 1;
    for (const child of childrenOf(at).slice(0, most)) rest.push(at.entries ? child[1] : child);
  }
  return size;
}

// Arrow keys go from one foldable row to the next, right opens and left closes.
function moveFocus(event, tree) {
  const summaries = () => [...tree.querySelectorAll("summary")].filter((summary) => summary.offsetParent !== null);
  const at = event.target.closest?.("summary");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const list = summaries();
    const next = list[at ? list.indexOf(at) + (event.key === "ArrowDown" ? 1 : -1) : 0];
    if (!next) return;
    next.focus();
  } else if (at && event.key === "ArrowRight") at.parentElement.open = true;
  else if (at && event.key === "ArrowLeft") at.parentElement.open = false;
  else return;
  event.preventDefault();
}
