// A part of the page that is loaded when it is first shown.

import { fill, h } from "../dom.js";
import { problemNotice } from "../notices.js";

/** Loads a module and mounts it: `{ element, shown, close }`, at once, whatever becomes of the loading. */
export function mountPart(load, context) {
  const element = h("div");
  let part = null;
  let isClosed = false;
  load()
    .then(({ mount }) => {
      if (!isClosed) part = mount(element, context);
    })
    .catch((error) => fill(element, h("div.panel-body", null, problemNotice(error))));
  return {
    element,
    shown: () => part?.shown?.(),
    close() {
      isClosed = true;
      part?.close?.();
    },
  };
}
