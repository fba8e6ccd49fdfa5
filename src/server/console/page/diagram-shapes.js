// The parts of a diagram as SVG: states, labels, dots, arrows.

import { iconOf } from "./diagram-icons.js";
import { s } from "./dom.js";

const TITLE_LINE = 18;
const SUBTITLE_LINE = 15.5;
const TEXT_LEFT = 35;

/** A state: { data, group, drawing, button }; `isBox` where others are drawn in it. */
export function stateShape(node, isBox) {
  const { x, y, width, height, type } = node;
  const { shape, tone } = iconOf(type);
  const group = s("g.node", { class: [tone, isBox && "box"], transform: `translate(${x} ${y})` });
  // What is pressed lies over what is drawn, so that its name is the one below and not the drawn lines run together.
  const button = s("rect.hit", {
    width,
    height,
    rx: 9,
    role: "button",
    tabindex: -1,
    "aria-pressed": "false",
    "aria-label": `${node.name}, ${type}`,
  });
  // Not in the button: a name has to begin with a control's visible text, of which this would be a part.
  const tip = s("title", null, [node.name, [type, node.detail].filter(Boolean).join(" · ")].join("\n"));
  const drawing = s("g", { "aria-hidden": "true" });
  group.append(tip, drawing, button);
  if (type === "Map") drawing.append(s("rect.shape.sheet", { x: 5, y: 5, width, height, rx: 9 }));
  drawing.append(
    s("rect.ring", { x: -4, y: -4, width: width + 8, height: height + 8, rx: 12 }),
    s("rect.shape", { width, height, rx: 9 }),
  );
  for (const lane of node.lanes ?? [])
    drawing.append(s("rect.lane", { x: lane.x - x, y: lane.y - y, width: lane.width, height: lane.height, rx: 7 }));
  drawing.append(s("path.node-icon", { transform: "translate(11 12)", d: shape }));
  let top = 11;
  for (const line of node.title ?? [node.name]) {
    drawing.append(s("text.title", { x: TEXT_LEFT, y: top + 13.5 }, line));
    top += TITLE_LINE;
  }
  for (const line of node.subtitle ?? []) {
    drawing.append(s("text.subtitle", { x: TEXT_LEFT, y: top + 11.5 }, line));
    top += SUBTITLE_LINE;
  }
  return { data: node, group, drawing, button, badge: null, status: "", badgeText: "" };
}

/** Draws a state's badge anew, or takes it away where the text is empty. */
export function drawBadge(node, text) {
  node.badge?.remove();
  node.badge = null;
  if (text === "") return;
  const width = 12 + text.length * 6.4;
  node.badge = s(
    "g.badge",
    { transform: `translate(${node.data.width - width + 8} -9)` },
    s("rect", { width, height: 18, rx: 9 }),
    s("text", { x: width / 2, y: 12.8 }, text),
  );
  node.drawing.append(node.badge);
}

/** The label of a transition, or null. */
export function edgeLabel({ label: lines, labelAt, title }) {
  if (!labelAt || !lines || lines.length === 0) return null;
  const { x, y, width, height } = labelAt;
  return s(
    "g.edge-label",
    null,
    s("title", null, title ?? lines.join(" ")),
    s("rect.behind", { x, y, width, height, rx: 4 }),
    lines.map((line, row) => s("text.label", { x: x + width / 2, y: y + 10.5 + row * 14 }, line)),
  );
}

/** The start or the end of a machine. */
export function startOrEnd({ kind, x, y }) {
  return kind === "start"
    ? s("circle.start", { cx: x, cy: y, r: 7 })
    : s("g.end", null, s("circle.end-ring", { cx: x, cy: y, r: 6.5 }), s("circle.start", { cx: x, cy: y, r: 3.5 }));
}

/** The marker of an arrow's head. */
export function arrowHead(id, tone) {
  return s(
    "marker",
    {
      id,
      viewBox: "0 0 10 10",
      refX: 9,
      refY: 5,
      markerWidth: 9,
      markerHeight: 9,
      markerUnits: "userSpaceOnUse",
      orient: "auto",
    },
    s("path.head", { class: tone, d: "M0 0.8 10 5 0 9.2 2.4 5z" }),
  );
}
