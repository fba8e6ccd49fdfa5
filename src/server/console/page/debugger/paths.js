// The path of a trace on a diagram, with what only a replay knows: which rule of a Choice was taken.

/** Marks states and transitions as they were at a step. */
export function drawPath(diagram, trace, step) {
  diagram.mark(trace.marksAt(step));
  diagram.markEdges(trace.takenAt(step));
  const rules = trace.rulesAt(step);
  for (const { data, path, from } of diagram.edges) {
    const taken = data.by === "Choices" || data.by === "Default" ? rules.get(from) : undefined;
    if (taken === undefined || taken.has(data.by === "Default" ? null : data.index)) continue;
    path.classList.remove("taken");
    path.classList.add("not-taken");
    path.setAttribute("marker-end", `url(#${diagram.arrows.get("")})`);
  }
}
