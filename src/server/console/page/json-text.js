// Reads JSON and remembers how it was written: `1.0` and `12345678901234567890` stay what they are, an object may have a
// name twice, and an error has a place. Without recursion, since a payload may nest deeper than a call stack.
//
// A node is { kind, start, end, … }: `items` of an array, `entries` ([name, node]) of an object, `value` of a string, `text`
// of a number; kinds are "object", "array", "string", "number", "true", "false", "null".

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS = { t: "true", f: "false", n: "null" };

/** `{ node }`, or `{ problem: { message, offset, line, column } }` with lines and columns from 1. */
export function parseJson(text) {
  try {
    return { node: read(text) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { problem: { message: error.message, offset: error.offset, ...placeOf(text, error.offset) } };
  }
}

/** Line and column, from 1, of an offset. */
export function placeOf(text, offset) {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - (before.lastIndexOf("\n") + 1) + 1 };
}

/** The line of an offset, and under it a caret; long lines are cut around it. */
export function excerptOf(text, offset) {
  const from = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", offset);
  const line = text.slice(from, end < 0 ? text.length : end).replaceAll("\t", " ");
  const first = Math.max(0, offset - from - 40);
  const cut = line.slice(first, first + 80);
  const lead = first > 0 ? "…" : "";
  return `${lead}${cut}${first + 80 < line.length ? "…" : ""}\n${" ".repeat(lead.length + offset - from - first)}^`;
}

/** The JSON of a node, on one line as it is compact, or with each member on a line of its own. */
export function writeJson(node, indent = 0) {
  const parts = [];
  // A stack of what is still to be written: nodes, and texts between them.
  const rest = [{ node, depth: 0 }];
  while (rest.length > 0) {
    const { node: at, depth, text } = rest.pop();
    if (text !== undefined) {
      parts.push(text);
      continue;
    }
    const children = at.items ?? at.entries;
    if (!children) {
      parts.push(scalarText(at));
      continue;
    }
    const [open, close] = at.items ? "[]" : "{}";
    if (children.length === 0) {
      parts.push(open + close);
      continue;
    }
    const line = (d) => (indent > 0 ? `\n${" ".repeat(indent * d)}` : "");
    parts.push(open);
    rest.push({ text: line(depth) + close });
    for (let i = children.length - 1; i >= 0; i -= 1) {
      const child = at.items ? children[i] : children[i][1];
      rest.push({ node: child, depth: depth + 1 });
      const name = at.entries ? `${JSON.stringify(children[i][0])}:${indent > 0 ? " " : ""}` : "";
      rest.push({ text: `${i > 0 ? "," : ""}${line(depth + 1)}${name}` });
    }
  }
  return parts.join("");
}

/** A text as pretty JSON if it is JSON, else as it is. */
export function pretty(text) {
  const { node } = parseJson(text);
  return node ? writeJson(node, 2) : text;
}

export function scalarText(node) {
  if (node.kind === "string") return JSON.stringify(node.value);
  return node.kind === "number" ? node.text : node.kind;
}

/** Whether two nodes are the same JSON: the order of names does not matter, nor does the spelling of a number. */
export function isSameJson(one, other) {
  const pairs = [[one, other]];
  while (pairs.length > 0) {
    const [a, b] = pairs.pop();
    if (a.kind !== b.kind) return false;
    if (a.kind === "string" && a.value !== b.value) return false;
    if (a.kind === "number" && a.text !== b.text && (Number(a.text) !== Number(b.text) || isLossy(a.text) || isLossy(b.text)))
      return false;
    if (a.items) {
      if (a.items.length !== b.items.length) return false;
      a.items.forEach((item, i) => pairs.push([item, b.items[i]]));
    }
    if (a.entries) {
      const others = new Map(b.entries);
      if (new Map(a.entries).size !== others.size) return false;
      for (const [name, node] of a.entries) {
        if (!others.has(name)) return false;
        pairs.push([node, others.get(name)]);
      }
    }
  }
  return true;
}

function isLossy(text) {
  return text.replace(/[^\d]/g, "").length > 15;
}

class Problem extends Error {
  constructor(message, offset) {
    super(message);
    this.offset = offset;
  }
}

function read(text) {
  let at = 0;
  const skip = () => {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
  };
  // The arrays and objects that are open, each with the name that waits for its value.
  const open = [];
  let done = null;
  skip();
  while (done === null) {
    let node = readStart();
    // A container that is not empty goes on with its first child.
    if (node === null) continue;
    for (;;) {
      const around = open.at(-1);
      if (!around) {
        done = node;
        break;
      }
      if (around.node.items) around.node.items.push(node);
      else around.node.entries.push([around.name, node]);
      skip();
      const close = around.node.items ? "]" : "}";
      if (text[at] === ",") {
        at += 1;
        skip();
        if (around.node.entries) around.name = readName(`a member's name in quotes after the comma`);
        break;
      }
      if (text[at] !== close) throw new Problem(`expected \`,\` or \`${close}\`, found ${found()}`, at);
      at += 1;
      around.node.end = at;
      open.pop();
      node = around.node;
    }
  }
  skip();
  if (at < text.length) throw new Problem(`expected the end after the value, found ${found()}`, at);
  return done;

  // A complete value, or null where a container was opened that is not empty.
  function readStart() {
    const start = at;
    const c = text[at];
    if (c === "{" || c === "[") {
      const node = c === "{" ? { kind: "object", start, end: 0, entries: [] } : { kind: "array", start, end: 0, items: [] };
      at += 1;
      skip();
      if (text[at] === (c === "{" ? "}" : "]")) {
        at += 1;
        node.end = at;
        return node;
      }
      open.push({ node, name: c === "{" ? readName("a member's name in quotes, or `}`") : null });
      return null;
    }
    if (c === '"') return { kind: "string", value: readString(), start, end: at };
    NUMBER.lastIndex = at;
    const number = NUMBER.exec(text);
    if (number) {
      at += number[0].length;
      if (/[\w.]/.test(text[at] ?? "")) throw new Problem(`\`${text.slice(start, at + 1)}\` is not a number`, start);
      return { kind: "number", text: number[0], start, end: at };
    }
    const word = WORDS[c];
    if (word && text.startsWith(word, at) && !/\w/.test(text[at + word.length] ?? "")) {
      at += word.length;
      return { kind: word, start, end: at };
    }
    throw new Problem(`expected a value, found ${found()}`, at);
  }

  function readName(expected) {
    if (text[at] !== '"') throw new Problem(`expected ${expected}, found ${found()}`, at);
    const name = readString();
    skip();
    if (text[at] !== ":") throw new Problem(`expected \`:\` after the name, found ${found()}`, at);
    at += 1;
    skip();
    return name;
  }

  function readString() {
    const start = at;
    for (at += 1; at < text.length; at += 1) {
      const c = text.charCodeAt(at);
      if (c === 34) {
        at += 1;
        try {
          return JSON.parse(text.slice(start, at));
        } catch {
          throw new Problem("the text has an escape that JSON does not know", start);
        }
      }
      if (c === 92) at += 1;
      else if (c < 32)
        throw new Problem("a text must not go over a line's end, or have a control character that is not escaped", at);
    }
    throw new Problem("the text has no closing quote", start);
  }

  function found() {
    if (at >= text.length) return "the end";
    const word = /^[\p{L}\p{N}_']+/u.exec(text.slice(at, at + 24))?.[0] ?? String.fromCodePoint(text.codePointAt(at));
    return `\`${word}\``;
  }
}
