// @ts-check
// Light, dark, or as the system is.
import { remember, remembered } from './storage.js';

/** @typedef {'auto' | 'light' | 'dark'} Theme */

const systemIsDark = globalThis.matchMedia?.('(prefers-color-scheme: dark)');

/** Tells that the page's colours changed. */
export const themeChanges = new EventTarget();

/** @returns {Theme} */
export function currentTheme() {
  const chosen = remembered('theme');
  return chosen === 'light' || chosen === 'dark' ? chosen : 'auto';
}

/** @param {Theme} theme */
export function setTheme(theme) {
  remember('theme', theme === 'auto' ? null : theme);
  applyTheme();
}

/** Colours the page; follows the system from now on. */
export function startTheme() {
  systemIsDark?.addEventListener('change', applyTheme);
  applyTheme();
}

function applyTheme() {
  const theme = currentTheme();
  const isDark = theme === 'dark' || (theme === 'auto' && systemIsDark?.matches);
  document.documentElement.setAttribute('data-bs-theme', isDark ? 'dark' : 'light');
  themeChanges.dispatchEvent(new Event('change'));
}
