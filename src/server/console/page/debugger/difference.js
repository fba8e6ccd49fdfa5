// What changed between two JSON values, as a list of places. Values may hold raw numbers: see `exact-json.js`.

/** More changes than these are not told one by one. */
const MOST = 200;

/**
 * `{ kind, changes, isCut }`: kind is "same", "changed" (with its changes) or "replaced" (nothing in common, so that a list
 * of changes would say no more than the new value). A change is { path, kind: "added" | "removed" | "changed", before, after }.
 */
export function differenceOf(before, after) {
  if (isSame(before, after)) return { kind: "same", changes: [], isCut: false };
  if (kindOf(before) !== kindOf(after) || !isContainer(after) || sharesNothing(before, after))
    return { kind: "replaced", changes: [], isCut: false };
  const changes = [];
  // Pairs of containers that are still to be compared, in the order of the document.
  const rest = [{ path: [], before, after }];
  while (rest.length > 0 && changes.length < MOST) {
    const at = rest.pop();
    if (at.kind) changes.push(at);
    else rest.push(...(Array.isArray(at.after) ? itemsOf(at) : membersOf(at)).reverse());
  }
  return { kind: "changed", changes, isCut: rest.length > 0 };
}

/** Whether two values are the same JSON. */
export function isSame(one, other) {
  const pairs = [[one, other]];
  while (pairs.length > 0) {
    const [a, b] = pairs.pop();
    if (a === b) continue;
    const kind = kindOf(a);
    if (kind !== kindOf(b)) return false;
    if (kind === "array") {
      if (a.length !== b.length) return false;
      a.forEach((item, i) => pairs.push([item, b[i]]));
    } else if (kind === "object") {
      const names = Object.keys(a);
      if (names.length !== Object.keys(b).length) return false;
      for (const name of names) {
        if (!Object.hasOwn(b, name)) return false;
        pairs.push([a[name], b[name]]);
      }
    } else if (kind !== "raw" || JSON.stringify(a) !== JSON.stringify(b)) return false;
  }
  return true;
}

/** A place as the paths of JSONPath: `$.items[3]['a b']`. */
export function pathText(path) {
  const parts = path.map((part) =>
    typeof part === "number" ? `[${part}]` : /^[A-Za-z_]\w*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`,
  );
  return `$${parts.join("")}`;
}

function kindOf(value) {
  if (value === null || typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return "array";
  return JSON.isRawJSON?.(value) ? "raw" : "object";
}

function isContainer(value) {
  return ["array", "object"].includes(kindOf(value));
}

function sharesNothing(before, after) {
  if (Array.isArray(after)) return before.length === 0 || after.length === 0;
  return !Object.keys(after).some((name) => Object.hasOwn(before, name));
}

function pair(path, before, after) {
  if (isSame(before, after)) return [];
  const goesDeeper = kindOf(before) === kindOf(after) && isContainer(after) && !sharesNothing(before, after);
  return [goesDeeper ? { path, before, after } : { path, kind: "changed", before, after }];
}

function membersOf({ path, before, after }) {
  const found = [];
  for (const [name, value] of Object.entries(after)) {
    if (Object.hasOwn(before, name)) found.push(...pair([...path, name], before[name], value));
    else found.push({ path: [...path, name], kind: "added", after: value });
  }
  for (const [name, value] of Object.entries(before)) {
    if (!Object.hasOwn(after, name)) found.push({ path: [...path, name], kind: "removed", before: value });
  }
  return found;
}

// Items at the beginning and the end that are the same stay out, so that an item put in is no change of all behind it.
function itemsOf({ path, before, after }) {
  let start = 0;
  while (start < before.length && start < after.length && isSame(before[start], after[start])) start += 1;
  let end = 0;
  while (end < before.length - start && end < after.length - start && isSame(before.at(-1 - end), after.at(-1 - end))) end += 1;
  const old = before.slice(start, before.length - end);
  const fresh = after.slice(start, after.length - end);
  const found = [];
  for (let i = 0; i < Math.max(old.length, fresh.length) && found.length <= MOST; i += 1) {
    const place = [...path, start + i];
    if (i >= old.length) found.push({ path: place, kind: "added", after: fresh[i] });
    else if (i >= fresh.length) found.push({ path: place, kind: "removed", before: old[i] });
    else found.push(...pair(place, old[i], fresh[i]));
  }
  return found;
}
