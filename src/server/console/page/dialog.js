// Dialogs: the browser's own, so that focus, Escape and what lies behind are as everywhere.

import { h, icon, uniqueId } from "./dom.js";
import { currentRoute } from "./router.js";

/**
 * Opens a dialog and gives a promise: `true` when it was sent, `false` when it was left.
 *
 * `body` is what stands in it; `send()` does the work and may throw an error, which is then shown while the dialog stays
 * open; without `send` the dialog only shows something. It is left with the page that it is about.
 */
export function openDialog({ title, body, action = "OK", tone = "primary", send, hint }) {
  return new Promise((resolve) => {
    const titleId = uniqueId("dialog");
    const problem = h("p.problem", { role: "alert", hidden: true });
    const submit = send ? h(`button.${tone}`, { type: "submit" }, action) : null;
    const leave = () => dialog.close();
    const place = () => JSON.stringify(currentRoute().parts);
    const from = place();
    const moved = () => {
      if (place() !== from) leave();
    };
    const form = h(
      "form",
      { method: "dialog", novalidate: true },
      h(
        "div.dialog-head",
        null,
        h("h2", { id: titleId }, title),
        h("button.quiet.small", { type: "button", "aria-label": "Close", onclick: leave }, icon("close")),
      ),
      body,
      problem,
      hint ? h("p.hint", null, hint) : null,
      send ? h("div.buttons", null, h("button.secondary", { type: "button", onclick: leave }, "Cancel"), submit) : null,
    );
    const dialog = h("dialog", { "aria-labelledby": titleId }, form);
    let isSent = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!send || submit.disabled) return;
      submit.disabled = true;
      problem.hidden = true;
      try {
        if ((await send()) === false) return;
        isSent = true;
        dialog.close();
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
      } finally {
        submit.disabled = false;
      }
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) leave();
    });
    window.addEventListener("hashchange", moved);
    dialog.addEventListener("close", () => {
      window.removeEventListener("hashchange", moved);
      dialog.remove();
      resolve(isSent);
    });
    document.body.append(dialog);
    dialog.showModal();
    // Where something is asked the first question has the focus, not the button that closes.
    const asked =
      dialog.querySelector("[data-first]") ??
      [...dialog.querySelectorAll("input, select, textarea")].find((control) => control.offsetParent !== null);
    (asked ?? submit)?.focus();
  });
}

/** A labelled control: `field("Name", input, "may be left empty")`. */
export function field(label, control, hint) {
  const id = control.id || uniqueId("field");
  control.id = id;
  const hintId = hint ? uniqueId("hint") : null;
  if (hintId) control.setAttribute("aria-describedby", hintId);
  return h("div.field", null, h("label", { for: id }, label), control, hint ? h("p.hint", { id: hintId }, hint) : null);
}

/**
 * A button that says why it cannot be used instead of being dead: `setReason(null)` enables it. It stays in the tab order, and
 * its reason is its description.
 */
export function reasonedButton({ label, name, iconName, tone = "secondary", act, tell }) {
  const reasonId = uniqueId("reason");
  const reasonText = h("span.visually-hidden", { id: reasonId });
  let reason = null;
  const button = h(
    `button.${tone}`,
    { type: "button", "aria-label": name ?? null, onclick: () => (reason ? tell(reason) : act()) },
    iconName ? icon(iconName) : null,
    label,
  );
  const element = h("span.reasoned", null, button, reasonText);
  const setReason = (text) => {
    reason = text;
    reasonText.textContent = text ?? "";
    if (text) {
      button.setAttribute("aria-disabled", "true");
      button.setAttribute("aria-describedby", reasonId);
      button.title = text;
    } else {
      button.removeAttribute("aria-disabled");
      button.removeAttribute("aria-describedby");
      button.removeAttribute("title");
    }
  };
  return { element, button, setReason };
}
