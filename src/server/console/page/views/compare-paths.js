// Lays the paths of two executions side by side, state for state, and says what differs.

import { isSameJson, parseJson } from "../json-text.js";
import { comparableScopes } from "./scopes.js";

/** Paths longer than this are laid side by side in order: the best match of long lists costs their product. */
const LONGEST_MATCH = 1500;

/**
 * Rows { depth, state, place, first, second, differences, isSame, isOtherPath } in the order of the paths; a visit that only
 * one has is null in the other. The path is another where a state was not visited, or ended otherwise.
 */
export function comparePaths(one, other) {
  const rows = [];
  compareScopes(one.root, other.root, 0, "", rows);
  return rows;
}

function compareScopes(one, other, depth, place, rows) {
  for (const [first, second] of matched(one?.visits ?? [], other?.visits ?? [])) {
    const differences = differencesOf(first, second);
    rows.push({
      depth,
      state: (first ?? second).state,
      place,
      first,
      second,
      differences,
      isSame: differences.length === 0,
      isOtherPath: differences.some((what) => what !== "input" && what !== "output"),
    });
    for (const { first: inner, second: otherInner, name } of comparableScopes(first, second)) {
      compareScopes(inner, otherInner, depth + 1, name, rows);
    }
  }
}

function differencesOf(first, second) {
  if (!first) return ["only in the second"];
  if (!second) return ["only in the first"];
  return [
    first.status !== second.status && "status",
    !isSameText(first.input, second.input) && "input",
    !isSameText(first.output, second.output) && "output",
    first.error !== second.error && "error",
    first.attempts.length !== second.attempts.length && "attempts",
  ].filter(Boolean);
}

function isSameText(one, other) {
  if (one === other) return true;
  if (one === null || other === null) return false;
  const [a, b] = [parseJson(one).node, parseJson(other).node];
  return Boolean(a && b) && isSameJson(a, b);
}

// Pairs visits so that as many as possible have the same state: a longest common subsequence.
function matched(one, other) {
  const pairs = [];
  let start = 0;
  while (start < one.length && start < other.length && one[start].state === other[start].state) {
    pairs.push([one[start], other[start]]);
    start += 1;
  }
  const [a, b] = [one.slice(start), other.slice(start)];
  if (a.length * b.length > LONGEST_MATCH ** 2) {
    return [...pairs, ...a.map((visit) => [visit, null]), ...b.map((visit) => [null, visit])];
  }
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = a[i].state === b[j].state ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i].state === b[j].state) pairs.push([a[i++], b[j++]]);
    else if (j >= b.length || (i < a.length && lengths[i + 1][j] >= lengths[i][j + 1])) pairs.push([a[i++], null]);
    else pairs.push([null, b[j++]]);
  }
  return pairs;
}
