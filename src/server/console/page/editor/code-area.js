// An editor of a JSON text: a plain text area, with its colours and line numbers drawn behind and beside it. Only the lines
// that are seen are drawn.

import { fill, h, oncePerFrame, setText, uniqueId } from "../dom.js";
import { FindBar } from "./find-bar.js";
import { bracketsAt, lineAt, offsetOf, tokensOf } from "./json-lines.js";

const LINE = 20;
const PADDING = 8;
/** A longer line is shown without colours. */
const LONGEST_LINE = 4_000;

export class CodeArea {
  /** `changed(text)` is called after each change. */
  constructor({ label, text, changed }) {
    this.changed = changed;
    this.marks = new Map();
    this.brackets = [];
    // What was found last, as { line, column, length }: an area without the focus does not show what is selected in it.
    this.found = null;
    // After Escape the tabulator leaves the area, as it does in every other field.
    this.leavesOnTab = false;
    const hintId = uniqueId("code-hint");
    this.area = h("textarea.ed-area", {
      "aria-label": label,
      "aria-describedby": hintId,
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      dir: "ltr",
      wrap: "off",
    });
    this.gutter = h("div.ed-gutter", { "aria-hidden": "true" });
    this.paint = h("div.ed-paint", { "aria-hidden": "true" });
    this.place = h("span.ed-place");
    this.find = new FindBar(this);
    this.element = h(
      "div.ed-code",
      null,
      this.find.element,
      h("div.ed-text", null, this.gutter, h("div.ed-layer", null, this.paint, this.area)),
      h("div.ed-foot", null, this.place, h("span.hint", { id: hintId }, "Tab indents; Escape, then Tab leaves. Ctrl+F finds.")),
    );
    this.draw = oncePerFrame(() => this.#draw());
    this.area.addEventListener("input", () => this.#input());
    this.area.addEventListener("scroll", this.draw, { passive: true });
    this.area.addEventListener("keydown", (event) => this.#key(event));
    this.area.addEventListener("blur", () => {
      this.leavesOnTab = false;
    });
    this.onSelection = () => {
      if (document.activeElement === this.area) this.#moved();
    };
    document.addEventListener("selectionchange", this.onSelection);
    this.resized = new ResizeObserver(this.draw);
    this.resized.observe(this.area);
    this.set(text);
  }

  get value() {
    return this.area.value;
  }

  set(text) {
    this.area.value = text;
    this.#read();
    this.draw();
  }

  /** Replaces the whole text so that it can be undone. */
  replaceAll(text) {
    this.area.focus();
    this.area.select();
    this.insert(text);
    this.area.setSelectionRange(0, 0);
    this.area.scrollTop = 0;
  }

  /** Marks places: a list of { line, column, severity }, from 1. */
  mark(problems) {
    this.marks = new Map();
    for (const { line, column, severity } of problems) {
      const known = this.marks.get(line - 1) ?? [];
      known.push({ column: column - 1, isError: severity === "ERROR" });
      this.marks.set(line - 1, known);
    }
    this.draw();
  }

  goTo(line, column = 1) {
    this.select(offsetOf(this.lines, line, column));
  }

  /** Selects a range and scrolls to it. */
  select(from, to = from, { focuses = true } = {}) {
    if (focuses) this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(from, to);
    const { line, column } = lineAt(this.lines, from);
    const top = line * LINE;
    if (top < this.area.scrollTop || top + 2 * LINE > this.area.scrollTop + this.area.clientHeight)
      this.area.scrollTop = Math.max(0, top - this.area.clientHeight / 3);
    const left = column * this.#characterWidth();
    if (left < this.area.scrollLeft || left > this.area.scrollLeft + this.area.clientWidth - 40)
      this.area.scrollLeft = Math.max(0, left - 80);
    this.#moved();
  }

  /** Shows where a text was found, without the focus; nothing where `to` is left out. */
  showFound(from, to) {
    this.found = null;
    if (to !== undefined) {
      this.select(from, to, { focuses: false });
      this.found = { ...lineAt(this.lines, from), length: to - from };
    }
    this.draw();
  }

  /** Puts text in at the caret, as typing does. */
  insert(text) {
    // The only way that leaves the browser's own undo in place.
    if (!document.execCommand("insertText", false, text)) {
      this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end");
      this.#input();
    }
  }

  close() {
    document.removeEventListener("selectionchange", this.onSelection);
    this.draw.cancel();
    this.resized.disconnect();
  }

  #input() {
    this.#read();
    this.#moved();
    this.changed(this.area.value);
  }

  #read() {
    this.lines = this.area.value.split("\n");
    this.isPlain = this.lines.some((line) => line.length > LONGEST_LINE);
    this.area.classList.toggle("plain", this.isPlain);
  }

  #moved() {
    const { selectionStart, selectionEnd } = this.area;
    const { line, column } = lineAt(this.lines, selectionStart);
    this.current = line;
    setText(this.place, `Line ${line + 1}, column ${column + 1}`);
    const pair =
      selectionStart === selectionEnd && this.area.value.length < 300_000 ? bracketsAt(this.area.value, selectionStart) : null;
    this.brackets = (pair ?? []).map((offset) => lineAt(this.lines, offset));
    this.draw();
  }

  #key(event) {
    const { key } = event;
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "f" && !event.shiftKey && !event.altKey) this.find.open();
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (key === "Escape") {
      this.leavesOnTab = true;
      return;
    } else if (key === "Tab") {
      if (this.leavesOnTab) return;
      this.#indent(event.shiftKey);
    } else {
      if (key !== "Shift") this.leavesOnTab = false;
      if (key !== "Enter" || event.isComposing) return;
      this.#newLine();
    }
    event.preventDefault();
  }

  #newLine() {
    const before = this.area.value.slice(0, this.area.selectionStart);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    const lead = /^ */.exec(line)[0];
    const opens = /[[{]\s*$/.test(line);
    const closes = /^\s*[\]}]/.test(this.area.value.slice(this.area.selectionEnd));
    this.insert(`\n${lead}${opens ? "  " : ""}${opens && closes ? `\n${lead}` : ""}`);
    if (opens && closes)
      this.area.setSelectionRange(this.area.selectionStart - lead.length - 1, this.area.selectionStart - lead.length - 1);
  }

  #indent(isOut) {
    const { value, selectionStart, selectionEnd } = this.area;
    const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
    if (!isOut && !value.slice(selectionStart, selectionEnd).includes("\n")) {
      this.insert(" ".repeat(2 - ((selectionStart - from) % 2)));
      return;
    }
    const end = value.indexOf("\n", Math.max(selectionStart, selectionEnd - 1));
    const until = end < 0 ? value.length : end;
    const lines = value.slice(from, until).split("\n");
    const moved = lines.map((line) => (isOut ? line.replace(/^ {1,2}/, "") : `  ${line}`)).join("\n");
    if (moved === lines.join("\n")) return;
    this.area.setSelectionRange(from, until);
    this.insert(moved);
    if (lines.length > 1) this.area.setSelectionRange(from, from + moved.length);
    else
      this.area.setSelectionRange(
        Math.max(from, selectionStart - (lines[0].length - moved.length)),
        Math.max(from, selectionEnd - (lines[0].length - moved.length)),
      );
  }

  #draw() {
    const { scrollTop, scrollLeft, clientHeight } = this.area;
    const first = Math.max(0, Math.floor((scrollTop - PADDING) / LINE));
    const end = Math.min(this.lines.length, Math.ceil((scrollTop + clientHeight) / LINE) + 1);
    const top = first * LINE + PADDING - scrollTop;
    const digits = Math.max(2, String(this.lines.length).length);
    this.gutter.style.setProperty("width", `${digits + 2.5}ch`);
    const numbers = [];
    const rows = [];
    for (let line = first; line < end; line += 1) {
      const marks = this.marks.get(line);
      numbers.push(
        h(
          "div.ed-number",
          { class: [line === this.current && "current", marks && (marks.some(({ isError }) => isError) ? "error" : "warning")] },
          line + 1,
        ),
      );
      if (!this.isPlain)
        rows.push(h("div.ed-line", { class: line === this.current && "current" }, this.#pieces(line, marks ?? [])));
    }
    fill(this.gutter, h("div.ed-numbers", { style: { top: `${top}px` } }, numbers));
    const { found } = this;
    const box =
      found && found.line >= first && found.line < end
        ? h("div.ed-found", {
            style: { top: `${(found.line - first) * LINE}px`, left: `${found.column}ch`, width: `${found.length}ch` },
          })
        : null;
    fill(this.paint, h("div.ed-lines", { style: { top: `${top}px`, left: `${PADDING - scrollLeft}px` } }, box, rows));
  }

  // A line in pieces of one colour each; a place with a problem is underlined to its token's end.
  #pieces(line, marks) {
    const text = this.lines[line];
    const pieces = [];
    const brackets = this.brackets.filter((place) => place.line === line).map(({ column }) => column);
    let at = 0;
    for (const { from, to, tone } of tokensOf(text)) {
      if (from > at) pieces.push(text.slice(at, from));
      const mark = marks.find(({ column }) => column >= from && column < to);
      pieces.push(
        h(
          "span",
          {
            class: [`ed-t-${tone}`, mark && (mark.isError ? "ed-error" : "ed-warning"), brackets.includes(from) && "ed-bracket"],
          },
          text.slice(from, to),
        ),
      );
      at = to;
    }
    pieces.push(text.slice(at));
    return pieces;
  }

  #characterWidth() {
    return parseFloat(getComputedStyle(this.area).fontSize) * 0.602;
  }
}
