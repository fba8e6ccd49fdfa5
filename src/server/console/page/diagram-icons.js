// The drawings of the state types: strokes in a 16-pixel square, the same as in the pictures of `asl graph`.

const CIRCLE = "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8z";
const ICONS = {
  Task: { tone: "task", shape: "M2.5 4.5a2 2 0 0 1 2-2h7a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2zM6.5 5.5l4 2.5-4 2.5z" },
  Pass: { tone: "plain", shape: "M2 8h11M9 4l4 4-4 4" },
  Choice: { tone: "choice", shape: "M8 1.5 14.5 8 8 14.5 1.5 8z" },
  Wait: { tone: "plain", shape: `${CIRCLE}M8 4.5V8l2.6 1.6` },
  Succeed: { tone: "succeed", shape: `${CIRCLE}M5 8.2l2.2 2.2L11.2 6` },
  Fail: { tone: "fail", shape: `${CIRCLE}M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6` },
  Parallel: { tone: "nest", shape: "M8 2v3M3 14V8a3 3 0 0 1 3-3h4a3 3 0 0 1 3 3v6" },
  Map: { tone: "nest", shape: "M2.5 5.5h8v8h-8zM5.5 5.5v-3h8v8h-3" },
};
const UNKNOWN = { tone: "fail", shape: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.6 8 9.2 8 10M8 12.6v.2" };

/** The icon of a state type: the path of its shape, and a class for its colour. */
export function iconOf(type) {
  return ICONS[type] ?? UNKNOWN;
}
