// Builds elements. Strings become text nodes and nothing is ever parsed as HTML, so names and payloads cannot be markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element: `h("button.primary", { type: "button", onclick: start }, "Start")`.
 *
 * The tag may carry classes. Properties: `class` (text, or a list in which falsy items are left out), `dataset`, `style`
 * (custom properties and CSSOM names), `on…` (listeners); everything else is an attribute, where `true` is an empty
 * attribute and `false`, `null` and `undefined` leave it out. Children may be nested lists; falsy ones are left out.
 */
export function h(tag, properties, ...children) {
  return build(document.createElement(nameOf(tag)), tag, properties, children);
}

/** An SVG element, built like `h`. */
export function s(tag, properties, ...children) {
  return build(document.createElementNS(SVG, nameOf(tag)), tag, properties, children);
}

/** Replaces what is in an element. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

/** Sets a text only where it differs: a live region would otherwise speak again, and a selection would be lost. */
export function setText(element, text) {
  const value = String(text ?? "");
  if (element.textContent !== value) element.textContent = value;
}

/** A small drawing from the page's set: see `index.html`. */
export function icon(name, properties) {
  return s("svg.icon", { "aria-hidden": "true", ...properties }, s("use", { href: `#icon-${name}` }));
}

/** A number for ids that pair labels with controls. */
let serial = 0;
export function uniqueId(prefix) {
  serial += 1;
  return `${prefix}-${serial}`;
}

/** Calls a function once in the next frame, however often it is asked to: for what many events cause at once. */
export function oncePerFrame(callback) {
  let requested = 0;
  const request = () => {
    if (requested !== 0) return;
    requested = requestAnimationFrame(() => {
      requested = 0;
      callback();
    });
  };
  request.cancel = () => {
    cancelAnimationFrame(requested);
    requested = 0;
  };
  return request;
}

function nameOf(tag) {
  const dot = tag.indexOf(".");
  return dot < 0 ? tag : tag.slice(0, dot);
}

function build(element, tag, properties, children) {
  const classes = tag.split(".").slice(1);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") classes.push(...[value].flat().filter(Boolean));
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "style") applyStyle(element, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  if (classes.length > 0) element.setAttribute("class", classes.join(" "));
  element.append(...nodes(children));
  return element;
}

// Through the CSSOM: a `style` attribute would be refused by the page's content security policy.
function applyStyle(element, style) {
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, String(value));
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}
