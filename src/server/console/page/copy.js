// Copying to the clipboard and saving as a file.

import { h, icon } from "./dom.js";
import { announce } from "./announce.js";

/** A button that copies what `text()` gives. */
export function copyButton(text, label = "Copy") {
  const mark = icon("copy");
  const button = h("button.quiet.small", { type: "button", "aria-label": label, title: label, onclick: copy }, mark);
  async function copy(event) {
    event.stopPropagation();
    const isCopied = await copyText(text());
    announce(isCopied ? "Copied" : "The browser does not let this page copy");
    button.classList.toggle("done", isCopied);
    setTimeout(() => button.classList.remove("done"), 1200);
  }
  return button;
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Saves a text as a file of the reader's. */
export function download(name, text, type = "application/json") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: url, download: name.replace(/[^\w.-]+/g, "-") });
  link.click();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
