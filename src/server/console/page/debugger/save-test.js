// Saves a run as a test file for `asl test`.

import { post } from "../api.js";
import { copyButton, download } from "../copy.js";
import { field, openDialog } from "../dialog.js";
import { fill, h, icon } from "../dom.js";

const WAIT = 400;

/** Opens a dialog that shows the test file of a run. `request` is that of `api/test-file` without its name. */
export function saveTestDialog(request, suggestedName) {
  const name = h("input", { type: "text", autocomplete: "off", maxlength: 200, oninput: () => soon(WAIT), autofocus: true });
  name.value = suggestedName;
  const shown = h("div.dbg-test", { "aria-live": "polite" });
  let timer = 0;
  let asked = 0;
  const soon = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(load, wait);
  };

  async function load() {
    const own = (asked += 1);
    try {
      const file = await post("api/test-file", { ...request, name: name.value.trim() || "a case" });
      if (own === asked) fill(shown, preview(file));
    } catch (error) {
      if (own === asked) fill(shown, h("div.problem", { role: "alert" }, error.message));
    }
  }

  fill(shown, h("p.muted", null, "The server writes the file and runs it."));
  load();
  return openDialog({
    title: "Save as a test",
    body: h(
      "div.dbg-save",
      null,
      field("Name of the case", name, "What it is about, as in: a refused card is asked for again"),
      shown,
    ),
  });
}

function preview({ fileName, text, definitionFileName, definition }) {
  const command = `asl test ${/^[\w./-]+$/.test(fileName) ? fileName : `'${fileName.replaceAll("'", "'\\''")}'`}`;
  return [
    h("p.muted", null, "The server has run it: it passes."),
    h("pre.dbg-yaml", { tabindex: 0, role: "group", "aria-label": fileName }, text),
    h(
      "div.buttons",
      null,
      h(
        "button.primary",
        { type: "button", onclick: () => download(fileName, text, "application/yaml") },
        icon("download"),
        fileName,
      ),
      h(
        "button.secondary",
        { type: "button", onclick: () => download(definitionFileName, definition) },
        icon("download"),
        definitionFileName,
      ),
      copyButton(() => text, "Copy the test file"),
    ),
    h(
      "p.dbg-command",
      null,
      "Keep both in one folder, and run ",
      h("code", null, command),
      copyButton(() => command, "Copy the command"),
    ),
  ];
}
