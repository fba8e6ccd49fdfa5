// Draws a state machine from the server's `Diagram`: pan by scrolling or dragging, zoom, select by click or keyboard.
//
// The states are drawn flat, not nested, though a Parallel encloses its branches: a button inside a button could be neither
// clicked nor read out.

import { h, icon, s, setText, uniqueId } from "./dom.js";
import { badgeText } from "./diagram-marks.js";
import { arrowHead, drawBadge, edgeLabel, startOrEnd, stateShape } from "./diagram-shapes.js";
import { count } from "./format.js";
import { STATUS_WORDS, transitionKey } from "./visits.js";

const SMALLEST = 0.15;
const LARGEST = 2.5;
/** Text is not read below this: a large machine is rather scrolled than shrunk further, until the whole is asked for. */
const READABLE = 0.8;

export class DiagramView {
  /** Options: `label` names it; `select(name, node)` is called when the reader chooses a state. */
  constructor({ label = "Diagram", select } = {}) {
    this.onSelect = select;
    this.label = label;
    this.nodes = new Map();
    this.edges = [];
    this.selected = null;
    this.scale = 1;
    this.isFitted = true;
    this.isWhole = false;
    this.scroller = h("div.diagram-scroller", null);
    this.percent = h("span.diagram-percent", { "aria-hidden": "true" });
    const tool = (name, text, action) =>
      h("button.quiet.small", { type: "button", "aria-label": text, title: text, onclick: action }, icon(name));
    this.element = h(
      "div.diagram",
      null,
      this.scroller,
      h(
        "div.diagram-tools",
        null,
        tool("minus", "Zoom out", () => this.zoom(1 / 1.25)),
        this.percent,
        tool("plus", "Zoom in", () => this.zoom(1.25)),
        tool("fit", "Fit", () => this.fit({ isWhole: !(this.isFitted && this.isWhole) })),
      ),
    );
    this.scroller.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.scroller.addEventListener("pointerdown", (event) => this.#drag(event));
    this.resized = new ResizeObserver(() => {
      if (this.isFitted) this.fit({ isWhole: this.isWhole });
    });
    this.resized.observe(this.scroller);
  }

  close() {
    this.resized.disconnect();
  }

  /** Draws a diagram anew; what is selected stays so if it is there. */
  draw(diagram) {
    this.diagram = diagram;
    this.nodes.clear();
    this.edges = [];
    const width = diagram.width;
    const height = diagram.height;
    const arrows = new Map(["", "taken", "failed"].map((tone) => [tone, uniqueId("arrow")]));
    this.arrows = arrows;
    const layer = s("g");
    // Boxes first, then the transitions, which cross the boxes of Parallel and Map; then the states in them.
    const isBox = new Set(diagram.nodes.map((node) => node.within).filter((index) => index !== null && index !== undefined));
    const boxes = diagram.nodes.filter((_, index) => isBox.has(index)).map((node) => this.#node(node, true));
    const states = diagram.nodes.filter((_, index) => !isBox.has(index)).map((node) => this.#node(node, false));
    this.entries = (diagram.entries ?? []).map((path) => s("path.edge", { d: path, "marker-end": `url(#${arrows.get("")})` }));
    const edges = diagram.edges.map((edge) => this.#edge(edge));
    const labels = diagram.edges.map((edge) => edgeLabel(edge)).filter(Boolean);
    layer.append(...boxes, ...this.entries, ...edges, ...(diagram.dots ?? []).map(startOrEnd), ...states, ...labels);
    this.svg = s(
      "svg.diagram-svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        role: "group",
        "aria-label": `${this.label}: ${count(diagram.nodes.length, "state")}`,
      },
      s(
        "defs",
        null,
        [...arrows].map(([tone, id]) => arrowHead(id, tone)),
      ),
      layer,
    );
    this.svg.addEventListener("keydown", (event) => this.#key(event));
    this.width = width;
    this.height = height;
    this.scroller.replaceChildren(this.svg);
    this.#tabStop(this.nodes.get(this.selected) ?? this.nodes.values().next().value);
    this.choose(this.nodes.has(this.selected) ? this.selected : null, { reveals: false });
    if (this.isFitted) this.fit({ isWhole: this.isWhole });
    else this.#applyScale();
  }

  /**
   * Shows what happened to each state: `marks` has by name { status, visits, failures, isWaiting, note }; states without a
   * mark are shown as not visited. `null` takes all marks away.
   */
  mark(marks) {
    for (const [name, node] of this.nodes) {
      const mark = marks?.get(name);
      const status = marks === null ? "" : (mark?.status ?? "unvisited");
      if (node.status !== status) {
        if (node.status) node.group.classList.remove(node.status);
        if (status) node.group.classList.add(status);
        node.status = status;
      }
      node.group.classList.toggle("waiting", mark?.isWaiting === true);
      const text = badgeText(mark);
      if (node.badgeText !== text) {
        node.badgeText = text;
        drawBadge(node, text);
      }
      node.button.setAttribute(
        "aria-label",
        [
          name,
          node.data.type,
          mark ? (STATUS_WORDS[mark.status] ?? mark.status) : marks ? "not visited" : "",
          mark?.visits > 1 ? `${mark.visits} visits` : "",
          mark?.note ?? "",
        ]
          .filter(Boolean)
          .join(", "),
      );
    }
  }

  /** Shows which transitions were taken: keys of `transitionKey`, with counts. */
  markEdges(taken) {
    for (const { data, path, from, to } of this.edges) {
      const isCatch = data.by === "Catch";
      const times = taken?.get(transitionKey(from, to, isCatch)) ?? 0;
      this.#tone(path, times === 0 ? "" : isCatch ? "failed" : "taken", taken !== null);
    }
    // An entry leads from a start dot, in the same order, into the machine or into a state around it.
    const starts = (this.diagram?.dots ?? []).filter(({ kind }) => kind === "start");
    const entered = new Set(
      [...this.nodes.values()]
        .filter(({ status }) => status !== "" && status !== "unvisited")
        .map(({ data }) => data.within ?? null),
    );
    this.entries?.forEach((path, index) =>
      this.#tone(path, taken !== null && entered.has(starts[index]?.within ?? null) ? "taken" : "", taken !== null),
    );
  }

  #tone(path, tone, isMarked) {
    path.classList.toggle("taken", tone === "taken");
    path.classList.toggle("failed", tone === "failed");
    path.classList.toggle("not-taken", isMarked && tone === "");
    path.setAttribute("marker-end", `url(#${this.arrows.get(tone)})`);
  }

  /** Marks any states with a class of the caller's, and no others: `classify("changed", names)`. */
  classify(name, states) {
    for (const [state, node] of this.nodes) node.group.classList.toggle(name, states.has(state));
  }

  /** Selects a state, or none, without calling back. */
  choose(name, { reveals = true } = {}) {
    const before = this.nodes.get(this.selected);
    before?.button.setAttribute("aria-pressed", "false");
    before?.group.classList.remove("selected");
    this.selected = name;
    const node = this.nodes.get(name);
    if (!node) return;
    node.button.setAttribute("aria-pressed", "true");
    node.group.classList.add("selected");
    this.#tabStop(node);
    if (reveals) this.reveal(name);
  }

  /** Scrolls so that a state is seen. */
  reveal(name) {
    const node = this.nodes.get(name);
    if (!node) return;
    const { x, y, width, height } = node.data;
    const box = this.scroller;
    const at = (value) => value * this.scale;
    const isSeen =
      at(x) >= box.scrollLeft &&
      at(x + width) <= box.scrollLeft + box.clientWidth &&
      at(y) >= box.scrollTop &&
      at(y + Math.min(height, 60)) <= box.scrollTop + box.clientHeight;
    if (!isSeen)
      box.scrollTo({
        left: at(x + width / 2) - box.clientWidth / 2,
        top: at(y + Math.min(height, 60) / 2) - box.clientHeight / 2,
      });
  }

  /** Shows the whole diagram, or as much as can be read; asked for again, really the whole. */
  fit({ isWhole = false } = {}) {
    const { clientWidth, clientHeight } = this.scroller;
    this.isFitted = true;
    if (!this.svg || clientWidth === 0) return;
    const whole = Math.min(clientWidth / this.width, clientHeight / this.height);
    const readable = Math.min(READABLE, Math.max(SMALLEST, clientWidth / this.width, READABLE * 0.75));
    this.isWhole = isWhole;
    this.scale = Math.min(1.1, isWhole ? Math.max(SMALLEST, whole) : Math.max(readable, whole));
    this.#applyScale();
    // What does not fit begins in the middle, where the start is.
    this.scroller.scrollLeft = (this.width * this.scale - clientWidth) / 2;
    if (this.selected !== null) this.reveal(this.selected);
  }

  /** Zooms around a point of the view, by default its middle. */
  zoom(factor, point = { x: this.scroller.clientWidth / 2, y: this.scroller.clientHeight / 2 }) {
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.scale * factor));
    const ratio = scale / this.scale;
    const left = (this.scroller.scrollLeft + point.x) * ratio - point.x;
    const top = (this.scroller.scrollTop + point.y) * ratio - point.y;
    this.isFitted = false;
    this.scale = scale;
    this.#applyScale();
    this.scroller.scrollTo({ left, top, behavior: "instant" });
  }

  #applyScale() {
    this.svg.style.setProperty("width", `${this.width * this.scale}px`);
    this.svg.style.setProperty("height", `${this.height * this.scale}px`);
    setText(this.percent, `${Math.round(this.scale * 100)} %`);
  }

  #wheel(event) {
    // A wheel alone scrolls, as everywhere; pinching is a wheel with the control key.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = this.scroller.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY / 240), { x: event.clientX - box.left, y: event.clientY - box.top });
  }

  #drag(event) {
    if (event.button !== 0 || event.pointerType === "touch") return;
    const { scrollLeft, scrollTop } = this.scroller;
    let isDragged = false;
    const move = (to) => {
      const dx = to.clientX - event.clientX;
      const dy = to.clientY - event.clientY;
      if (!isDragged && Math.hypot(dx, dy) < 5) return;
      isDragged = true;
      this.scroller.classList.add("dragged");
      this.scroller.scrollTo({ left: scrollLeft - dx, top: scrollTop - dy, behavior: "instant" });
    };
    const end = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", end);
      this.scroller.classList.remove("dragged");
      // The click that ends a drag chooses nothing.
      if (isDragged) this.scroller.addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true });
      setTimeout(() => {
        isDragged = false;
      });
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
  }

  #node(node, isBox) {
    const entry = stateShape(node, isBox);
    this.nodes.set(node.name, entry);
    entry.group.addEventListener("click", (event) => {
      event.stopPropagation();
      entry.button.focus({ preventScroll: true });
      this.#chosen(node.name);
    });
    return entry.group;
  }

  #chosen(name) {
    this.choose(name);
    this.onSelect?.(name, this.nodes.get(name).data);
  }

  #edge(data) {
    const { nodes } = this.diagram;
    const path = s(
      "path.edge",
      { class: data.by === "Catch" && "catch", d: data.path, "marker-end": `url(#${this.arrows.get("")})` },
      data.title ? s("title", null, data.title) : null,
    );
    const name = (index) => (typeof index === "number" ? nodes[index]?.name : (index ?? null));
    this.edges.push({ data, path, from: name(data.from), to: name(data.to) });
    return path;
  }

  #tabStop(node) {
    for (const other of this.nodes.values()) other.button.setAttribute("tabindex", other === node ? "0" : "-1");
  }

  #key(event) {
    const name = [...this.nodes].find(([, node]) => node.button === event.target)?.[0];
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    const directions = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] };
    if (event.key in directions) {
      const next = this.#nearest(name, directions[event.key]);
      if (next) {
        this.#tabStop(next);
        next.button.focus({ preventScroll: true });
        this.reveal(next.data.name);
      }
    } else if (event.key === "Enter" || event.key === " ") this.#chosen(name);
    else if (event.key === "+" || event.key === "=") this.zoom(1.25);
    else if (event.key === "-") this.zoom(1 / 1.25);
    else if (event.key === "0") this.fit({ isWhole: true });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The state that is next in a direction: near, and not too far aside.
  #nearest(name, [dx, dy]) {
    const from = middle(this.nodes.get(name).data);
    let best = null;
    let bestCost = Infinity;
    for (const node of this.nodes.values()) {
      const to = middle(node.data);
      const along = (to.x - from.x) * dx + (to.y - from.y) * dy;
      const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
      if (node.data.name === name || along <= 1) continue;
      const cost = along + 2.5 * aside;
      if (cost < bestCost) [best, bestCost] = [node, cost];
    }
    return best;
  }
}

function middle({ x, y, width, height }) {
  return { x: x + width / 2, y: y + Math.min(height, 56) / 2 };
}
