// Light, dark, or as the system has it.

import { announce } from "./announce.js";

const KEY = "asl-console.theme";
const THEMES = ["system", "light", "dark"];

export function applyTheme() {
  const theme = stored();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(stored()) + 1) % THEMES.length];
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    /* it lasts until the page is left */
  }
  document.documentElement.dataset.theme = theme;
  if (theme === "system") applyTheme();
  announce(`Theme: ${theme}`);
}

function stored() {
  let theme = null;
  try {
    theme = localStorage.getItem(KEY);
  } catch {
    /* the browser keeps nothing */
  }
  return THEMES.includes(theme) ? theme : "system";
}
