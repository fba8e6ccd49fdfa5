// Finds a text in a code area.

import { h, icon, setText, uniqueId } from "../dom.js";

export class FindBar {
  constructor(code) {
    this.code = code;
    const id = uniqueId("find");
    this.input = h("input", {
      type: "search",
      id,
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.#go(0, this.start),
      onkeydown: (event) => this.#key(event),
    });
    this.count = h("span.muted", { role: "status" });
    const button = (label, name, act) =>
      h("button.quiet.small", { type: "button", "aria-label": label, title: label, onclick: act }, icon(name));
    this.element = h(
      "div.ed-find",
      { role: "search", hidden: true },
      h("label", { for: id }, "Find"),
      this.input,
      this.count,
      button("Find the one before", "left", () => this.#go(-1)),
      button("Find the next", "right", () => this.#go(1)),
      button("Close the search", "close", () => this.close()),
    );
  }

  open() {
    const { area } = this.code;
    this.element.hidden = false;
    this.start = area.selectionStart;
    const selected = area.value.slice(area.selectionStart, area.selectionEnd);
    if (selected !== "" && !selected.includes("\n")) this.input.value = selected;
    this.input.focus();
    this.input.select();
  }

  close() {
    this.element.hidden = true;
    this.code.showFound();
    this.code.area.focus();
  }

  #key(event) {
    if (event.key === "Enter") this.#go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #go(direction, from) {
    const needle = this.input.value.toLowerCase();
    if (needle === "") return setText(this.count, "");
    const text = this.code.value.toLowerCase();
    const places = [];
    for (let at = text.indexOf(needle); at >= 0 && places.length < 10_000; at = text.indexOf(needle, at + needle.length))
      places.push(at);
    if (places.length === 0) return setText(this.count, "not found");
    const { selectionStart } = this.code.area;
    let index =
      direction < 0
        ? places.findLastIndex((at) => at < selectionStart)
        : places.findIndex((at) => (from === undefined ? at > selectionStart : at >= from));
    if (index < 0) index = direction < 0 ? places.length - 1 : 0;
    this.code.showFound(places[index], places[index] + needle.length);
    setText(this.count, `${index + 1} of ${places.length}`);
  }
}
