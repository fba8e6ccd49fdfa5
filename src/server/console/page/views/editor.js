// The editor on a page of its own: for a definition that is tried before there is a state machine of it.

import { h } from "../dom.js";
import { mountPart } from "./part.js";
import { loadEditor } from "../extensions.js";

export function editorView({ about, setTrail }) {
  setTrail([{ text: "Try a definition" }]);
  const part = mountPart(loadEditor, { stateMachineArn: null, about, machine: () => null });
  return {
    element: h(
      "div.view-editor",
      null,
      h("h1", null, "Try a definition"),
      h("section.panel", { "aria-label": "Editor" }, part.element),
    ),
    close: part.close,
  };
}
