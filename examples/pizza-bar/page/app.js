// The page of the AWSome Pizza Bar. Three parts: the connection, the order, the state machine's graph.
// Whatever a customer typed, or the server sent, reaches the page as text and never as HTML.

const byId = (id) => document.getElementById(id);

// ---- The connection: one socket, opened again for as long as the page is open -----------------------------------------

const SHORTEST_RETRY = 500;
const LONGEST_RETRY = 15_000;
const STABLE_AFTER = 5_000;

const connection = { socket: null, retries: 0, timer: 0 };

function connect() {
  clearTimeout(connection.timer);
  // Further tries show nothing new: a screen reader would announce each.
  if (connection.retries === 0) showConnection("connecting", "Connecting");
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/ws`);
  connection.socket = socket;
  let stable = 0;
  socket.addEventListener("open", () => {
    // A server that accepts and drops at once must not be asked twice a second.
    stable = setTimeout(() => { connection.retries = 0; }, STABLE_AFTER);
    showConnection("open", "Live");
    // The bar may have been opened again at another speed.
    loadSpeed();
    if (kitchen.sendsAgain) orderAgain();
    else askForOrder();
    showForm();
  });
  socket.addEventListener("message", (event) => receive(event.data));
  socket.addEventListener("close", () => {
    clearTimeout(stable);
    if (connection.socket !== socket) return;
    connection.socket = null;
    const longest = Math.min(LONGEST_RETRY, SHORTEST_RETRY * 2 ** connection.retries);
    connection.retries = Math.min(connection.retries + 1, 10);
    // Jitter: many pages must not all come back in the same moment.
    connection.timer = setTimeout(connect, longest * (0.5 + Math.random() / 2));
    showConnection("offline", "Offline, trying again");
    lostConnection();
    showForm();
  });
}

function isOpen() {
  return connection.socket?.readyState === WebSocket.OPEN;
}

function send(message) {
  connection.socket.send(JSON.stringify(message));
}

function reconnectNow() {
  if (connection.socket === null) connect();
}

function showConnection(state, text) {
  byId("connection").dataset.state = state;
  setText(byId("connection-text"), text);
}

// ---- Messages of the server ---------------------------------------------------------------------------------------------

function receive(data) {
  const message = parseJson(data);
  if (message?.type === "CHANGED_EVENT") {
    const event = parseJson(message.message);
    if (event?.name === "STATUS_CHANGED_EVENT" && typeof event.status === "string") statusChanged(event.status);
  } else if (message?.type === "ORDER" && message.order) {
    orderReceived(message.order);
  } else if (message?.type === "DELAYED" && typeof message.message === "string") {
    showProblem(message.message);
  } else if (typeof message?.message === "string") {
    if (message.code === "NO_SUCH_ORDER") orderUnknown(message.orderId, message.message);
    // `ERROR`, or a frame of the gateway itself, which has no type and says nothing of what it answers.
    else requestFailed(message.message);
  }
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// ---- The order ----------------------------------------------------------------------------------------------------------

const STORAGE_KEY = "pizza-bar.order";
const ANSWER_WITHIN = 10_000;
const ASK_AGAIN = 1_000;
const ASK_AGAIN_LATEST = 30_000;

const form = byId("order-form");
const stages = [...byId("stages").children];
const slices = [...byId("slices").children];
const statuses = stages.map((stage) => stage.dataset.status);

// `order` is what the server last told of it, `asked` what it has yet to answer, `reached` the index of the last status.
// `placed` is the message of an order that has no answer yet: the same message is the same order, however often it is sent.
const kitchen = {
  order: null, asked: null, askedTimer: 0, asksAgain: 0, reached: -1, interrupted: false, placed: null, sendsAgain: false,
};

function placeOrder(event) {
  event.preventDefault();
  if (!isOpen() || isBusy()) return;
  const fields = new FormData(form);
  const order = {
    name: fields.get("name").trim(),
    pizza: fields.get("pizza"),
    size: fields.get("size"),
    quantity: Number(fields.get("quantity")),
  };
  const notes = fields.get("notes").trim();
  if (notes) order.notes = notes;
  if (!order.name) {
    showProblem("Please tell us your name.");
    byId("name").focus();
    return;
  }
  forgetOrder();
  showProblem("");
  const isPlaced = JSON.stringify(kitchen.placed?.order) === JSON.stringify(order);
  if (!isPlaced) kitchen.placed = { action: "order", order, clientToken: crypto.randomUUID() };
  ask("order", kitchen.placed);
  showTracker();
  showForm();
}

// The connection broke before an order was answered.
function orderAgain() {
  kitchen.sendsAgain = false;
  showProblem("");
  ask("order", kitchen.placed);
  showTracker();
}

function askForOrder() {
  const { orderId, token } = knownOrder() ?? {};
  if (orderId && isOpen() && !isFinished()) return ask("getOrder", { action: "getOrder", orderId, token });
  // Nothing is left to ask for, now or any more.
  answered();
  showForm();
}

// What it is that `getOrder` asks for.
function knownOrder() {
  return kitchen.order ?? storedOrder();
}

function ask(what, message) {
  send(message);
  kitchen.asked = what;
  clearTimeout(kitchen.askedTimer);
  kitchen.askedTimer = setTimeout(() => requestFailed("The kitchen did not answer. Please try again."), ANSWER_WITHIN);
}

function answered() {
  const asked = kitchen.asked;
  kitchen.asked = null;
  kitchen.asksAgain = 0;
  clearTimeout(kitchen.askedTimer);
  return asked;
}

function orderReceived(order) {
  const known = knownOrder();
  const isKnown = known?.orderId === order.orderId;
  // The order asked for is the only one whose token there is: another does not take its place.
  if (kitchen.asked === "getOrder" && known && !isKnown) return;
  const asked = answered();
  if (asked === "order") kitchen.placed = null;
  if (kitchen.order && !isKnown) kitchen.reached = -1;
  kitchen.order = isKnown ? { ...known, ...order } : order;
  kitchen.interrupted = order.interrupted === true || order.status === "interrupted";
  if (kitchen.order.token) storeOrder(kitchen.order);
  // The times say how far an order came that is interrupted now.
  for (const [status, time] of Object.entries(order.times ?? {})) {
    reach(status);
    showTime(statuses.indexOf(status), new Date(time));
  }
  // An order that was just placed comes with its first status.
  if (reach(order.status) && asked === "order") showTime(kitchen.reached, new Date());
  showProblem("");
  showTracker();
  showForm();
  light();
  if (asked === "order") byId("tracker").focus();
}

function statusChanged(status) {
  // The first may come before the answer to the order; without either there is nothing that it could be about.
  if (!kitchen.order && kitchen.asked === null) return;
  if (!reach(status)) return;
  kitchen.interrupted = false;
  showTime(kitchen.reached, new Date());
  // What kept the order waiting is over.
  showProblem("");
  showTracker();
  showForm();
  light();
}

// Notes on a stage when it was reached.
function showTime(index, time) {
  if (index < 0 || Number.isNaN(time.getTime())) return;
  const element = stages[index].querySelector("time");
  element.dateTime = time.toISOString();
  element.textContent = time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

// Moves on to a status; false for one that is unknown, or no news.
function reach(status) {
  const index = statuses.indexOf(status);
  if (index <= kitchen.reached) return false;
  kitchen.reached = index;
  return true;
}

// Only the kitchen itself can say that an order is no more: its token is kept nowhere else.
function orderUnknown(orderId, message) {
  if (kitchen.asked !== "getOrder" || knownOrder()?.orderId !== orderId) return;
  answered();
  forgetOrder(orderId);
  showProblem(`We could not find your last order: ${message}`);
  showTracker();
  showForm();
}

function requestFailed(message) {
  if (kitchen.asked === "getOrder") {
    // Whatever it was, the order is still there.
    clearTimeout(kitchen.askedTimer);
    kitchen.askedTimer = setTimeout(askForOrder, Math.min(ASK_AGAIN_LATEST, ASK_AGAIN * 2 ** kitchen.asksAgain));
    kitchen.asksAgain += 1;
    return;
  }
  answered();
  showProblem(message);
  showTracker();
  showForm();
}

function lostConnection() {
  if (answered() === "order") {
    kitchen.sendsAgain = true;
    showProblem("The connection broke before the kitchen answered. Your order goes in again as soon as it is back.");
    showTracker();
  }
}

function forgetOrder(orderId = kitchen.order?.orderId) {
  kitchen.order = null;
  kitchen.reached = -1;
  kitchen.interrupted = false;
  for (const stage of stages) {
    const time = stage.querySelector("time");
    time.textContent = "";
    time.removeAttribute("datetime");
  }
  // Another page may have stored an order of its own.
  if (orderId && storedOrder()?.orderId === orderId) storeOrder(null);
  light();
}

function isFinished() {
  return kitchen.interrupted || kitchen.reached === statuses.length - 1;
}

function isBusy() {
  return kitchen.asked !== null || kitchen.sendsAgain || (kitchen.order !== null && !isFinished());
}

// The storage may be switched off: then a reopened page starts afresh, and nothing else changes.
function storeOrder(order) {
  try {
    if (order) localStorage.setItem(STORAGE_KEY, JSON.stringify({ orderId: order.orderId, token: order.token }));
    else localStorage.removeItem(STORAGE_KEY);
  } catch { /* see above */ }
}

function storedOrder() {
  try {
    return parseJson(localStorage.getItem(STORAGE_KEY));
  } catch {
    return null;
  }
}

// ---- Showing the order --------------------------------------------------------------------------------------------------

function showTracker() {
  const { order, asked, reached, interrupted } = kitchen;
  const finished = isFinished();
  const count = reached + 1;

  byId("tracker").dataset.phase = interrupted ? "interrupted" : finished ? "delivered" : count > 0 ? "cooking" : "none";
  stages.forEach((stage, index) => {
    const current = index === reached && !(finished && !interrupted);
    stage.className = current ? "current" : index <= reached ? "done" : "";
    if (current) stage.setAttribute("aria-current", "step");
    else stage.removeAttribute("aria-current");
  });
  slices.forEach((slice, index) => {
    slice.classList.toggle("done", index <= reached);
    slice.classList.toggle("current", index === reached);
  });

  let status = "Nothing in the oven yet";
  if (interrupted) status = "interrupted: the kitchen could not finish your order";
  else if (count > 0) status = statuses[reached];
  else if (asked === "order") status = "Passing your order to the kitchen…";
  else if (asked === "getOrder") status = "Looking for your order…";
  else if (order) status = "Waiting for the kitchen…";
  setText(byId("status"), status);

  let summary = ["Place an order, and follow it here from the counter to your door."];
  if (order) summary = describe(order);
  else if (asked) summary = [];
  if (order && finished && !interrupted) summary.push(". Buon appetito!");
  setParts(byId("summary"), summary);

  const progress = byId("progress");
  progress.setAttribute("aria-valuenow", String(count));
  progress.setAttribute("aria-valuetext", order || count ? `${status}, stage ${count} of ${statuses.length}` : "No order yet");
  byId("ticket").hidden = !order;
  byId("ticket").textContent = order ? `no. ${order.orderId}` : "";
  byId("again").hidden = !(order && finished);
}

// What a customer typed stands apart, so that its direction is its own.
function describe(order) {
  const option = [...byId("pizza").options].find((option) => option.value === order.pizza);
  const pizza = option?.textContent ?? order.pizza;
  const dish = [order.quantity > 1 ? `${order.quantity} ×` : "", order.size, pizza].filter(Boolean).join(" ");
  const parts = [dish.charAt(0).toUpperCase() + dish.slice(1)];
  if (order.name) parts.push(" for ", isolated(order.name));
  if (order.notes) parts.push(" (", isolated(order.notes), ")");
  return parts;
}

function isolated(text) {
  const element = document.createElement("bdi");
  element.textContent = text;
  return element;
}

function showForm() {
  const open = isOpen();
  const busy = isBusy();
  byId("submit").disabled = !open || busy;
  let hint = "";
  if (busy && kitchen.asked !== "getOrder") hint = "The next one once this is delivered.";
  else if (!open) hint = "Connecting to the kitchen…";
  else if (machine.seconds > 0) hint = `Delivered in about ${inSeconds(machine.seconds)} seconds.`;
  setText(byId("submit-hint"), hint);
}

function showProblem(text) {
  byId("problem").hidden = !text;
  byId("problem").textContent = text;
}

// A live region announces whatever is written to it, even what it said before.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setParts(element, parts) {
  const text = parts.map((part) => part.textContent ?? part).join("");
  if (element.textContent !== text) element.replaceChildren(...parts);
}

// ---- The form's comforts ------------------------------------------------------------------------------------------------

function showToppings() {
  byId("pizza-with").textContent = byId("pizza").selectedOptions[0]?.dataset.with ?? "";
}

function changeQuantity(by) {
  const quantity = byId("quantity");
  const value = Math.round(Number(quantity.value) || 1) + by;
  quantity.value = String(Math.min(Number(quantity.max), Math.max(Number(quantity.min), value)));
  limitStepper();
}

function limitStepper() {
  const quantity = byId("quantity");
  byId("fewer").disabled = Number(quantity.value) <= Number(quantity.min);
  byId("more").disabled = Number(quantity.value) >= Number(quantity.max);
}

function orderAnother() {
  forgetOrder();
  showTracker();
  showForm();
  byId("name").focus();
}

// ---- The state machine's graph ------------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";

// `path` is the states in transition order, `seconds` what its Waits take by the kitchen's clock, `speed` how many times as
// fast as the one on the wall that goes; `active` is where the order is.
const machine = { path: [], seconds: 0, speed: 1, comment: "", active: -1, drawnWidth: 0 };

async function loadMachine() {
  try {
    const [response] = await Promise.all([fetch("/machine.json"), loadSpeed()]);
    if (!response.ok) throw new Error(response.statusText);
    const definition = await response.json();
    machine.path = statesInOrder(definition);
    machine.seconds = machine.path.reduce((sum, state) => sum + (Number(state.Seconds) || 0), 0);
    machine.comment = definition.Comment ?? byId("machine-comment").textContent;
    showSpeed();
  } catch {
    byId("machine-comment").textContent = "The definition could not be loaded.";
  }
}

async function loadSpeed() {
  try {
    const response = await fetch("/kitchen.json");
    const { speed } = await response.json();
    if (!(speed > 0) || speed === machine.speed) return;
    machine.speed = speed;
    showSpeed();
  } catch { /* the connection is gone again, and the next one asks again */ }
}

function showSpeed() {
  if (machine.path.length === 0) return;
  const pace = machine.speed === 1 ? "" : `; here ${machine.speed} times as fast`;
  byId("machine-comment").textContent = machine.comment + pace;
  machine.drawnWidth = 0;
  drawGraph();
  light();
  showForm();
}

// How long something takes on the wall that takes so many seconds in the kitchen.
function inSeconds(seconds) {
  return Number((seconds / machine.speed).toPrecision(3));
}

function statesInOrder({ StartAt, States }) {
  const path = [];
  const seen = new Set();
  for (let name = StartAt; Object.hasOwn(States, name) && !seen.has(name); name = States[name].Next) {
    seen.add(name);
    path.push({ name, ...States[name] });
  }
  return path;
}

function statusOf(state) {
  return state.Type === "Task" ? state.Parameters?.Entries?.[0]?.Detail?.status : undefined;
}

// Lights the state that the execution is in. A status comes from a Task that is done with it: then it is in the Wait after that.
function light() {
  const { reached } = kitchen;
  const task = machine.path.findIndex((state) => reached >= 0 && statusOf(state) === statuses[reached]);
  const after = machine.path[task + 1]?.Type === "Wait" ? task + 1 : task;
  // After the last state comes the end.
  activate(task >= 0 && task === machine.path.length - 1 ? machine.path.length : after);
}

function activate(index) {
  machine.active = index;
  const state = machine.path[index];
  const ended = index >= 0 && index === machine.path.length;
  for (const element of byId("graph").querySelectorAll("[data-index]")) {
    const own = Number(element.dataset.index);
    element.classList.toggle("active", own === index);
    element.classList.toggle("done", own < index);
    element.classList.toggle("interrupted", own === index && kitchen.interrupted);
    if (own === index) turnRing(element);
  }
  const label = byId("state-now");
  label.hidden = !state && !ended;
  label.dataset.state = ended ? "succeeded" : "running";
  label.textContent = state ? `${kitchen.interrupted ? "Stopped in" : "In"} ${state.name}` : ended ? "Succeeded" : "";
  const svg = byId("graph").firstElementChild;
  svg?.setAttribute("aria-label", graphLabel(state, ended));
}

// A Wait that is lit late, as after a reload, is shown as far as it has come.
function turnRing(element) {
  const since = Date.parse(stages[kitchen.reached]?.querySelector("time").dateTime ?? "");
  const passed = Number.isNaN(since) ? 0 : Math.max(0, Date.now() - since);
  element.querySelector(".ring")?.style.setProperty("animation-delay", `-${passed}ms`);
}

function graphLabel(state, ended) {
  const names = machine.path.map((state) => state.name).join(", ");
  const now = state ? ` Now in ${state.name}.` : ended ? " It has succeeded." : "";
  return `State machine with ${machine.path.length} states: ${names}.${now}`;
}

function drawGraph() {
  const container = byId("graph");
  const width = Math.floor(container.clientWidth);
  if (machine.path.length === 0 || width === 0 || width === machine.drawnWidth) return;
  machine.drawnWidth = width;
  const layout = layOut(width);
  const svg = element("svg", { viewBox: `0 0 ${layout.width} ${layout.height}`, role: "img" });
  layout.nodes.forEach((node, position) => {
    if (position > 0) svg.append(...edge(layout.nodes[position - 1], node, layout.isWide));
  });
  layout.nodes.forEach((node) => svg.append(node.state ? stateNode(node) : terminalNode(node)));
  container.replaceChildren(svg);
  activate(machine.active);
}

// One row where the Tasks stay wide enough to be read, else one column.
function layOut(width) {
  const terminal = 16;
  const tasks = machine.path.filter((state) => state.Type !== "Wait").length;
  const waits = machine.path.length - tasks;
  const gaps = machine.path.length + 1;
  const taskWidth = (width - 2 * terminal - waits * 46 - gaps * 17) / tasks;
  const isWide = taskWidth >= 94;
  const wait = isWide ? 46 : 40;
  const gap = 17;
  const sizeOf = (state) => {
    if (!state) return { w: terminal, h: terminal };
    if (state.Type === "Wait") return { w: wait, h: wait };
    return isWide ? { w: taskWidth, h: 92 } : { w: Math.min(width, 300), h: 48 };
  };
  const nodes = [];
  let along = 0;
  for (const [index, state] of [undefined, ...machine.path, undefined].entries()) {
    const { w, h } = sizeOf(state);
    const length = isWide ? w : h;
    const centre = along + length / 2;
    nodes.push({ state, index: index - 1, w, h, x: isWide ? centre : width / 2, y: isWide ? 48 : centre });
    along += length + gap;
  }
  return { nodes, isWide, width, height: isWide ? 96 : along - gap };
}

function stateNode({ state, index, x, y, w, h }) {
  const isWait = state.Type === "Wait";
  const group = element("g", { "data-index": index, class: isWait ? "wait" : "task" });
  group.append(element("title", {}, `${state.name} (${state.Type})`));
  if (isWait) {
    const radius = w / 2;
    group.append(element("circle", { class: "box", cx: x, cy: y, r: radius - 1 }));
    const ring = element("circle", { class: "ring", cx: x, cy: y, r: radius - 1, pathLength: 100, transform: `rotate(-90 ${x} ${y})` });
    const seconds = inSeconds(state.Seconds ?? 0);
    if (seconds) ring.style.animationDuration = `${seconds}s`;
    group.append(ring, element("text", { class: "kind", x, y: y + 4 }, seconds ? `${seconds} s` : "Wait"));
    return group;
  }
  group.append(element("rect", { class: "box", x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 11 }));
  const lines = wrap(state.name, Math.floor((w - 14) / 7.2));
  const lineHeight = 16;
  const top = y - ((lines.length - 1) * lineHeight) / 2 - 2.5;
  lines.forEach((line, row) => group.append(element("text", { class: "name", x, y: top + row * lineHeight }, line)));
  group.append(element("text", { class: "kind", x, y: top + lines.length * lineHeight - 1 }, state.Type));
  return group;
}

function terminalNode({ index, x, y, w }) {
  const group = element("g", {});
  const isEnd = index >= machine.path.length;
  group.append(element("title", {}, isEnd ? "End" : "Start"));
  // The start is done as soon as there is an order, the end when it is reached.
  const mark = { "data-index": isEnd ? index - 0.5 : -0.5, cx: x, cy: y };
  group.append(element("circle", { ...mark, class: "end", r: w / 2 - 1 }));
  group.append(element("circle", { ...mark, class: "end-core", r: isEnd ? w / 2 - 4 : 3 }));
  return group;
}

function edge(from, to, isWide) {
  const [x1, y1, x2, y2] = isWide
    ? [from.x + from.w / 2, from.y, to.x - to.w / 2 - 1, to.y]
    : [from.x, from.y + from.h / 2, to.x, to.y - to.h / 2 - 1];
  const head = isWide ? `M${x2} ${y2} l-6 -3.5 v7 Z` : `M${x2} ${y2} l-3.5 -6 h7 Z`;
  const shaft = isWide ? `M${x1} ${y1} H${x2 - 5}` : `M${x1} ${y1} V${y2 - 5}`;
  const index = to.index - 0.5;
  return [
    element("path", { class: "edge", d: shaft, "data-index": index }),
    element("path", { class: "arrow", d: head, "data-index": index }),
  ];
}

function wrap(name, longest) {
  const lines = [];
  for (const word of name.split(/\s+/)) {
    const joined = lines.length > 0 ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length > 0 && joined.length <= longest) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  return lines.length <= 4 ? lines : [...lines.slice(0, 3), `${lines[3]}…`];
}

function element(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// ---- Start --------------------------------------------------------------------------------------------------------------

form.addEventListener("submit", placeOrder);
byId("again").addEventListener("click", orderAnother);
byId("pizza").addEventListener("change", showToppings);
byId("quantity").addEventListener("input", limitStepper);
byId("fewer").addEventListener("click", () => changeQuantity(-1));
byId("more").addEventListener("click", () => changeQuantity(1));
window.addEventListener("online", reconnectNow);
document.addEventListener("visibilitychange", () => { if (!document.hidden) reconnectNow(); });
new ResizeObserver(drawGraph).observe(byId("graph"));

showToppings();
limitStepper();
loadMachine();
connect();
