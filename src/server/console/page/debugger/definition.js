// What the definition says of a state: its rules, its retriers and catchers, its query language.

/** A definition's text as JSON, or null. */
export function readDefinition(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The state of this name, wherever it is nested, with the query language that holds there: { state, language } or null. */
export function stateIn(definition, name) {
  const graphs = [{ graph: definition, language: definition?.QueryLanguage ?? "JSONPath" }];
  while (graphs.length > 0) {
    const { graph, language } = graphs.pop();
    const states = graph?.States;
    if (typeof states !== "object" || states === null) continue;
    if (Object.hasOwn(states, name)) return { state: states[name], language: states[name]?.QueryLanguage ?? language };
    for (const state of Object.values(states)) {
      const inner = state?.QueryLanguage ?? language;
      for (const nested of [list(state?.Branches), state?.ItemProcessor ?? [], state?.Iterator ?? []].flat())
        graphs.push({ graph: nested, language: inner });
    }
  }
  return null;
}

/** The errors that a state's retriers and catchers name, and those that every task may fail with. */
export function errorNames(state) {
  const named = [...list(state?.Retry), ...list(state?.Catch)].flatMap((rule) => list(rule?.ErrorEquals));
  return [...new Set([...named, "States.TaskFailed"])].filter((name) => typeof name === "string" && name !== "States.ALL");
}

/** What happens to an error by a state's retriers and catchers, as the names of the rules: for a hint beside the name. */
export function rulesFor(state, error) {
  // As the engine matches: nothing matches States.Runtime.
  const fits = (rule) =>
    error !== "States.Runtime" &&
    list(rule?.ErrorEquals).some(
      (name) =>
        name === error ||
        name === "States.ALL" ||
        (name === "States.TaskFailed" && !["States.Timeout", "States.DataLimitExceeded"].includes(error)),
    );
  const retry = list(state?.Retry).findIndex(fits);
  const catcher = list(state?.Catch).findIndex(fits);
  return [retry >= 0 ? "is retried" : null, catcher >= 0 ? `is caught: goes on in ${state.Catch[catcher].Next}` : null]
    .filter(Boolean)
    .join(", then ");
}

/** The names of all task states, in the order of the text. */
export function taskNames(definition) {
  const names = [];
  // The states that are still to be looked at, the next one last.
  const rest = Object.entries(definition?.States ?? {}).reverse();
  while (rest.length > 0) {
    const [name, state] = rest.pop();
    if (state?.Type === "Task") names.push(name);
    for (const nested of [list(state?.Branches), state?.ItemProcessor ?? [], state?.Iterator ?? []].flat().reverse())
      rest.push(...Object.entries(nested?.States ?? {}).reverse());
  }
  return names;
}

function list(value) {
  return Array.isArray(value) ? value : [];
}
