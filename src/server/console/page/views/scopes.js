// Which branches and iterations of two visits belong together.

/** `[{ first, second, name }]`: branches by the state they begin with, iterations by their index. */
export function comparableScopes(first, second) {
  const one = (first?.scopes ?? []).filter(Boolean);
  const other = (second?.scopes ?? []).filter(Boolean);
  if (one.length === 0 && other.length === 0) return [];
  const keyOf = (scope) => (scope.kind === "iteration" ? scope.index : (scope.visits[0]?.state ?? `branch ${scope.number}`));
  // A branch that ran again, after a retry, stands for itself by its last run.
  const ones = new Map(one.map((scope) => [keyOf(scope), scope]));
  const others = new Map(other.map((scope) => [keyOf(scope), scope]));
  const keys = [...new Set([...ones.keys(), ...others.keys()])];
  return keys.map((key) => ({
    first: ones.get(key) ?? null,
    second: others.get(key) ?? null,
    name: typeof key === "number" ? `#${key}` : "",
  }));
}
