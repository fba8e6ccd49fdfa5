// The stages of a visit's data: in their order, with what each is, and what it is compared with.

import { parseExact } from "./exact-json.js";

const STAGES = {
  RawInput: { label: "Raw input", what: "What the state was entered with" },
  InputPath: { label: "InputPath", what: "The part of the raw input that the state works on", against: ["RawInput"] },
  Parameters: { label: "Parameters", what: "The effective input", against: ["InputPath", "RawInput"] },
  Arguments: { label: "Arguments", what: "The effective input", against: [] },
  ItemsPath: { label: "Items", what: "What the Map state iterates over", against: [] },
  ItemSelector: { label: "ItemSelector", what: "The input of an iteration", against: [] },
  MaxConcurrency: { label: "MaxConcurrency", what: "How many iterations may run at once", against: [] },
  ToleratedFailureCount: { label: "ToleratedFailureCount", what: "How many iterations may fail", against: [] },
  ToleratedFailurePercentage: {
    label: "ToleratedFailurePercentage",
    what: "Which share of the iterations may fail",
    against: [],
  },
  Result: { label: "Result", what: "What the work came to", against: [], isLate: true },
  ResultSelector: {
    label: "ResultSelector",
    what: "What is taken from the result",
    against: ["Result", "Parameters", "InputPath", "RawInput"],
    isLate: true,
  },
  ResultPath: { label: "ResultPath", what: "The raw input with the result put in", against: ["RawInput"], isLate: true },
  Output: {
    label: "Output",
    what: "What the next state is entered with",
    against: ["ResultPath", "Result", "InputPath", "RawInput"],
    isLate: true,
  },
};

/** What a stage is called, and what it is. */
export function stageWords(stage) {
  return STAGES[stage] ?? { label: stage, what: "", against: [] };
}

/**
 * The stages of a visit as a list of { stage, value, against: { stage, value } | null, isLate }. `isLate` are those that
 * come only after the state's work.
 */
export function stagesOf(trace, visit) {
  const run = trace.runVisit(visit);
  const stages = run ? run.stages : recordedStages(visit);
  const byName = new Map();
  return stages.map(({ stage, value }) => {
    const { against = [], isLate = false } = stageWords(stage);
    const before = against.find((name) => byName.has(name));
    byName.set(stage, value);
    return { stage, value, isLate, against: before === undefined ? null : { stage: before, value: byName.get(before) } };
  });
}

/** Whether the work of a visit has ended at a step, so that what comes of it is known. */
export function isWorkDone(trace, visit, step) {
  const status = trace.statusAt(visit, step);
  return status !== null && status !== "running";
}

// A history alone knows what a state was entered and left with, and what a task was asked and answered.
function recordedStages(visit) {
  const stages = [];
  const add = (stage, text) => {
    if (typeof text !== "string") return;
    try {
      stages.push({ stage, value: parseExact(text) });
    } catch {
      stages.push({ stage, value: text });
    }
  };
  const attempt = visit.attempts.at(-1);
  add("RawInput", visit.input);
  if (visit.type === "Task") add("Parameters", attempt?.input);
  if (attempt?.status === "succeeded") add("Result", attempt.output);
  add("Output", visit.output);
  return stages;
}

/** The variables that a visit sees, as one object. */
export function variablesOf(trace, visit, seen) {
  const run = trace.runVisit(visit);
  if (run) return run.variables ?? {};
  return Object.fromEntries([...seen].map(([name, { text }]) => [name, parsed(text)]));
}

/** What a visit assigned, as one object. */
export function assignedOf(trace, visit) {
  const run = trace.runVisit(visit);
  if (run) return run.assigned ?? {};
  return Object.fromEntries(Object.entries(visit.assigned ?? {}).map(([name, text]) => [name, parsed(text)]));
}

function parsed(text) {
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}
