// What an editor of JSON has to know of its text: the colours of a line, and which bracket belongs to which.

const TOKEN = /"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*|\b(?:true|false|null)\b|[[\]{}]|[,:]/g;
const CLOSED_BY = { "{": "}", "[": "]" };

/** The tokens of a line as { from, to, tone }; no text of JSON goes over a line's end, so that a line stands alone. */
export function tokensOf(line) {
  const tokens = [];
  for (const match of line.matchAll(TOKEN)) {
    const from = match.index;
    const to = from + match[0].length;
    const c = match[0][0];
    const tone =
      c === '"'
        ? /^\s*:/.test(line.slice(to, to + 20))
          ? "key"
          : "string"
        : /[-\d]/.test(c)
          ? "number"
          : /[tfn]/.test(c)
            ? "word"
            : "mark";
    tokens.push({ from, to, tone });
  }
  return tokens;
}

/** The offsets of the bracket beside an offset and of its partner, or null. */
export function bracketsAt(text, offset) {
  const at = "{}[]".includes(text[offset] || " ") ? offset : "{}[]".includes(text[offset - 1] || " ") ? offset - 1 : -1;
  if (at < 0) return null;
  const open = [];
  let isInText = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (isInText) {
      if (c === "\\") i += 1;
      // A text that is not closed ends with its line.
      else if (c === '"' || c === "\n") isInText = false;
    } else if (c === '"') isInText = true;
    else if (c === "{" || c === "[") open.push(i);
    else if (c === "}" || c === "]") {
      const from = open.pop();
      if (from === at || i === at) return from !== undefined && CLOSED_BY[text[from]] === c ? [from, i] : null;
    }
  }
  return null;
}

/** The offset of a line and column, both from 1. */
export function offsetOf(lines, line, column) {
  let offset = 0;
  for (let i = 0; i < Math.min(line - 1, lines.length); i += 1) offset += lines[i].length + 1;
  return offset + Math.min(column - 1, lines[line - 1]?.length ?? 0);
}

/** Line and column, from 0, of an offset. */
export function lineAt(lines, offset) {
  let rest = offset;
  for (let line = 0; line < lines.length; line += 1) {
    if (rest <= lines[line].length) return { line, column: rest };
    rest -= lines[line].length + 1;
  }
  return { line: lines.length - 1, column: lines.at(-1)?.length ?? 0 };
}

/** The name of the innermost state that a JSON pointer leads into, or null. */
export function stateOfPointer(pointer) {
  const parts = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  let found = null;
  // A state may be called `States` itself: only what stands where states stand counts.
  for (let i = 0; i + 1 < parts.length;) {
    if (parts[i] === "States") {
      found = parts[i + 1];
      i += 2;
    } else if (parts[i] === "Branches") i += 2;
    else if (parts[i] === "ItemProcessor" || parts[i] === "Iterator") i += 1;
    else break;
  }
  return found;
}

/** The offset in the text at which a state is defined, or null: `node` is the definition as `parseJson` reads it. */
export function offsetOfState(node, name) {
  const graphs = [node];
  const member = (of, key) => of?.entries?.find(([known]) => known === key)?.[1] ?? null;
  while (graphs.length > 0) {
    const states = member(graphs.pop(), "States");
    for (const [known, state] of states?.entries ?? []) {
      if (known === name) return state.start;
      graphs.push(
        ...(member(state, "Branches")?.items ?? []),
        ...["ItemProcessor", "Iterator"].map((key) => member(state, key)).filter(Boolean),
      );
    }
  }
  return null;
}
