// A table of which only the rows that are seen are in the page: 25,000 events scroll as ten do.
//
// The list itself has the focus and tells by `aria-activedescendant` which row is current, so that the focus is never lost
// when its row is scrolled away.

import { h, oncePerFrame, uniqueId } from "./dom.js";
import { RowWindow } from "./row-window.js";

export class VirtualList {
  /**
   * Options: `label`; `columns`, a list of { name, class }; `rowHeight`; `cells(item, index)` gives the contents of a row's
   * cells; `key(item)` identifies an item over changes; `stamp(item)` tells whether its row has to be drawn again, which it
   * else is with every `set`; `rowClass(item)`; `details(item)` gives what an opened row shows, if rows open; `choose(item)` is
   * called on Enter or a click, if they do not; `empty`, the text when there is none.
   */
  constructor(options) {
    this.options = options;
    this.items = [];
    this.rows = new RowWindow(options.rowHeight ?? 34);
    this.drawn = new Map();
    this.opened = new Set();
    this.current = -1;
    this.id = uniqueId("list");
    this.sizes = new ResizeObserver((entries) => this.#measured(entries));
    this.draw = oncePerFrame(() => this.#draw());
    this.body = h("div.vl-body", { role: "rowgroup" });
    this.empty = h("p.none.vl-empty", { hidden: true }, options.empty ?? "Nothing here.");
    const head = h(
      "div.vl-row.vl-head",
      { role: "row" },
      options.columns.map(({ name, class: of }) => h("span.vl-cell", { role: "columnheader", class: of }, name)),
    );
    this.scroller = h(
      "div.vl",
      {
        role: options.details ? "treegrid" : "grid",
        tabindex: 0,
        "aria-label": options.label,
        "aria-rowcount": 1,
        onkeydown: (event) => this.#key(event),
      },
      h("div.vl-headgroup", { role: "rowgroup" }, head),
      this.body,
    );
    this.scroller.addEventListener("scroll", this.draw, { passive: true });
    this.element = h("div.vl-frame", { class: options.class }, this.scroller, this.empty);
    this.resized = new ResizeObserver(this.draw);
    this.resized.observe(this.scroller);
  }

  /** Shows these items; the row that is current and those that are open stay so, by their keys. */
  set(items) {
    const isAtEnd = this.scroller.scrollTop + this.scroller.clientHeight >= this.scroller.scrollHeight - 4;
    const current = this.items[this.current];
    this.items = items;
    this.rows.count = items.length;
    this.#placeOpened();
    if (current !== undefined) this.current = items.findIndex((item) => this.#keyOf(item) === this.#keyOf(current));
    for (const row of this.drawn.values()) row.isStale = true;
    this.scroller.setAttribute("aria-rowcount", String(items.length + 1));
    this.empty.hidden = items.length > 0;
    this.draw();
    return isAtEnd;
  }

  /** Draws an item's row again: it has changed in itself. */
  refresh() {
    for (const row of this.drawn.values()) row.isStale = true;
    this.draw();
  }

  /** Makes a row current and scrolls to it. */
  select(index, { opens = false } = {}) {
    if (index < 0 || index >= this.items.length) return;
    this.current = index;
    if (opens && this.options.details) this.opened.add(this.#keyOf(this.items[index]));
    this.#placeOpened();
    this.body.style.setProperty("height", `${this.rows.total()}px`);
    this.scroller.scrollTop = this.rows.reveal(index, this.scroller.scrollTop, this.#viewHeight());
    this.draw();
  }

  scrollToEnd() {
    this.body.style.setProperty("height", `${this.rows.total()}px`);
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  close() {
    this.draw.cancel();
    this.sizes.disconnect();
    this.resized.disconnect();
  }

  #keyOf(item) {
    return this.options.key ? this.options.key(item) : item;
  }

  #viewHeight() {
    return this.scroller.clientHeight - (this.scroller.firstElementChild?.offsetHeight ?? 0);
  }

  // Opened rows are known by key, but the window counts by index.
  #placeOpened() {
    const heights = this.openedHeights ?? (this.openedHeights = new Map());
    this.rows.extras.clear();
    if (this.opened.size === 0) return;
    this.items.forEach((item, index) => {
      const key = this.#keyOf(item);
      if (this.opened.has(key)) this.rows.extras.set(index, heights.get(key) ?? 120);
    });
  }

  #measured(entries) {
    let hasChanged = false;
    for (const { target } of entries) {
      if (!target.isConnected) continue;
      const height = target.offsetHeight;
      if (this.openedHeights.get(target.itemKey) === height) continue;
      this.openedHeights.set(target.itemKey, height);
      hasChanged = true;
    }
    if (!hasChanged) return;
    this.#placeOpened();
    this.draw();
  }

  #draw() {
    this.body.style.setProperty("height", `${this.rows.total()}px`);
    const [first, end] = this.rows.seen(this.scroller.scrollTop, this.scroller.clientHeight);
    const keep = new Set();
    let after = null;
    for (let index = first; index < end; index += 1) {
      const item = this.items[index];
      const key = this.#keyOf(item);
      keep.add(key);
      let row = this.drawn.get(key);
      if (
        !row ||
        row.isOpen !== this.opened.has(key) ||
        (row.isStale && (row.stamp === null || row.stamp !== this.options.stamp(item)))
      ) {
        const fresh = this.#row(item, index, key);
        if (row) row.element.replaceWith(fresh.element);
        row = fresh;
        this.drawn.set(key, row);
      }
      this.#place(row, index);
      // In the order of the table, for a screen reader that walks the page.
      if (row.element.parentNode !== this.body || row.element.previousElementSibling !== after) {
        if (after) after.after(row.element);
        else this.body.prepend(row.element);
      }
      after = row.element;
    }
    for (const [key, row] of this.drawn) {
      if (keep.has(key)) continue;
      row.element.remove();
      this.drawn.delete(key);
    }
    const active = this.current >= first && this.current < end ? `${this.id}-${this.current}` : null;
    if (active) this.scroller.setAttribute("aria-activedescendant", active);
    else this.scroller.removeAttribute("aria-activedescendant");
  }

  #place(row, index) {
    const { element } = row;
    element.style.setProperty("top", `${this.rows.top(index)}px`);
    if (row.index !== index) {
      row.index = index;
      element.id = `${this.id}-${index}`;
      element.setAttribute("aria-rowindex", String(index + 2));
    }
    const isCurrent = index === this.current;
    element.classList.toggle("current", isCurrent);
    element.setAttribute("aria-selected", String(isCurrent));
  }

  #row(item, index, key) {
    const { columns, cells, rowClass, details } = this.options;
    const isOpen = Boolean(details) && this.opened.has(key);
    const contents = cells(item, index);
    const line = h(
      "div.vl-line",
      null,
      columns.map(({ class: of }, i) => h("span.vl-cell", { role: "gridcell", class: of }, contents[i])),
    );
    line.setAttribute("role", "presentation");
    const element = h(
      "div.vl-row",
      { role: "row", class: [rowClass?.(item), isOpen && "open"], "aria-expanded": details ? String(isOpen) : null },
      line,
    );
    line.addEventListener("click", (event) => {
      if (event.target.closest("a, button, input")) return;
      this.#activate(this.items.findIndex((other) => this.#keyOf(other) === key));
    });
    if (isOpen) {
      const more = h("div.vl-details", { role: "gridcell", "aria-colspan": columns.length }, details(item));
      more.itemKey = key;
      element.append(more);
      this.sizes.observe(more);
    }
    return { element, index: -1, isOpen, isStale: false, stamp: this.options.stamp?.(item) ?? null };
  }

  #activate(index) {
    this.current = index;
    const item = this.items[index];
    if (item === undefined) return;
    if (this.options.details) {
      const key = this.#keyOf(item);
      if (!this.opened.delete(key)) this.opened.add(key);
      this.#placeOpened();
    } else this.options.choose?.(item);
    this.draw();
  }

  #key(event) {
    if (event.target !== this.scroller || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.#viewHeight() / this.rows.height) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const item = this.items[this.current];
    if (event.key in moves && this.items.length > 0) {
      this.select(Math.min(this.items.length - 1, Math.max(0, this.current + moves[event.key])));
      this.options.current?.(this.items[this.current]);
    } else if ((event.key === "Enter" || event.key === " ") && item !== undefined) this.#activate(this.current);
    else if (event.key === "ArrowRight" && item !== undefined && this.options.details) this.#open(true);
    else if (event.key === "ArrowLeft" && item !== undefined && this.options.details) this.#open(false);
    else return;
    event.preventDefault();
  }

  #open(isOpen) {
    const key = this.#keyOf(this.items[this.current]);
    if (isOpen) this.opened.add(key);
    else this.opened.delete(key);
    this.#placeOpened();
    this.draw();
  }
}
