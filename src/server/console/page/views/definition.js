// A state within a definition.

import { h } from "../dom.js";
import { jsonView } from "../json.js";

/** The JSON of a state of a definition's text, nested ones included; names are unique in a definition. */
export function stateDefinition(definition, name) {
  const state = findState(parsed(definition), name);
  return state
    ? jsonView(JSON.stringify(state), { label: `Definition of ${name}` })
    : h("p.none", null, "The definition has no such state.");
}

/** The definition's state of this name, or null. */
export function findState(definition, name) {
  const graphs = [definition];
  while (graphs.length > 0) {
    const { States: states } = graphs.pop() ?? {};
    if (typeof states !== "object" || states === null) continue;
    if (Object.hasOwn(states, name)) return states[name];
    for (const state of Object.values(states))
      graphs.push(
        ...(Array.isArray(state?.Branches) ? state.Branches : []),
        state?.ItemProcessor ?? null,
        state?.Iterator ?? null,
      );
  }
  return null;
}

export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
