// Tabs: arrow keys go from one to the next, and a panel is built when it is first looked at.

import { fill, h, setText, uniqueId } from "./dom.js";

export class Tabs {
  /**
   * `tabs` is a list of { id, label, build }, where `build()` gives { element, shown, close }; `shown()` is called each time
   * the tab is chosen. `chosen(id)` is called when the reader chooses one.
   */
  constructor({ label, tabs, chosen }) {
    this.chosen = chosen;
    this.tabs = new Map();
    this.current = null;
    this.list = h("div.tabs", { role: "tablist", "aria-label": label, onkeydown: (event) => this.#key(event) });
    this.panels = h("div.tab-panels");
    this.element = h("div.tabbed", null, this.list, this.panels);
    for (const tab of tabs) this.#add(tab);
  }

  /** Shows a tab, or the first that there is. */
  show(id) {
    const visible = [...this.tabs.values()].filter((tab) => !tab.button.hidden);
    const tab = visible.find((known) => known.id === id) ?? visible[0];
    if (!tab || tab === this.current) return;
    const before = this.current;
    this.current = tab;
    for (const other of this.tabs.values()) {
      const isCurrent = other === tab;
      other.button.setAttribute("aria-selected", String(isCurrent));
      other.button.tabIndex = isCurrent ? 0 : -1;
      if (other.panel) other.panel.hidden = !isCurrent;
    }
    if (!tab.panel) {
      tab.view = tab.build();
      tab.panel = h("div", { role: "tabpanel", id: tab.panelId, "aria-labelledby": tab.button.id }, tab.view.element);
      tab.button.setAttribute("aria-controls", tab.panelId);
      this.panels.append(tab.panel);
    }
    before?.view?.hidden?.();
    tab.view.shown?.();
    // Sideways only: the page itself must not jump.
    const { offsetLeft, offsetWidth } = tab.button;
    if (offsetLeft < this.list.scrollLeft) this.list.scrollLeft = offsetLeft;
    else if (offsetLeft + offsetWidth > this.list.scrollLeft + this.list.clientWidth)
      this.list.scrollLeft = offsetLeft + offsetWidth - this.list.clientWidth;
  }

  /** The view of a tab if it was built. */
  view(id) {
    return this.tabs.get(id)?.view ?? null;
  }

  isShown(id) {
    return this.current?.id === id;
  }

  /** Shows a number beside a tab's name; null takes it away. */
  count(id, number, { alerts = false } = {}) {
    const { counter } = this.tabs.get(id);
    counter.hidden = number === null;
    counter.classList.toggle("alert", alerts);
    setText(counter, number === null ? "" : number.toLocaleString("en"));
  }

  setVisible(id, isVisible) {
    const tab = this.tabs.get(id);
    tab.button.hidden = !isVisible;
    if (!isVisible && this.current === tab) this.show(null);
  }

  close() {
    for (const tab of this.tabs.values()) tab.view?.close?.();
  }

  #add({ id, label, build, isHidden = false }) {
    const counter = h("span.tab-count", { hidden: true });
    const button = h("button", {
      role: "tab",
      type: "button",
      id: uniqueId("tab"),
      "aria-selected": "false",
      tabindex: -1,
      hidden: isHidden,
      onclick: () => this.#choose(id),
    });
    fill(button, label, counter);
    this.tabs.set(id, { id, build, button, counter, panel: null, view: null, panelId: uniqueId("panel") });
    this.list.append(button);
  }

  #choose(id) {
    this.show(id);
    this.chosen?.(id);
  }

  #key(event) {
    const visible = [...this.tabs.values()].filter((tab) => !tab.button.hidden);
    const at = visible.indexOf(this.current);
    const moves = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: visible.length - 1 };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const next = visible[(moves[event.key] + visible.length) % visible.length];
    this.#choose(next.id);
    next.button.focus();
  }
}
