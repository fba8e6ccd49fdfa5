// The style sheets of the parts that are loaded only when they are looked at.

import { h } from "../dom.js";

const loaded = new Map();

/** Loads a style sheet of the page once; resolves when it is there, or cannot be had. */
export function loadStyle(path) {
  if (!loaded.has(path)) {
    loaded.set(
      path,
      new Promise((resolve) => {
        document.head.append(h("link", { rel: "stylesheet", href: path, onload: resolve, onerror: resolve }));
      }),
    );
  }
  return loaded.get(path);
}
