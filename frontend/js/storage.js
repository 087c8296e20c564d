// @ts-check
// What the browser remembers between visits; without permission to store, nothing is remembered.

const PREFIX = 'classifr.';

/** @param {string} name */
export function remembered(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string | null} value null forgets
 */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // The choice then lasts as long as the page.
  }
}

/** The full name of a remembered value, as storage events give it. */
export const storedName = (/** @type {string} */ name) => PREFIX + name;
