// @ts-check
// The page's language and its texts: French unless the person chose English.
import { formatBytes, formatDay, formatMoment, formatPercent } from './format.js';
import { remember, remembered } from './storage.js';
import en from './texts/en.js';
import fr from './texts/fr.js';

/** @typedef {'fr' | 'en'} Language */

/** @type {Record<Language, Record<string, string>>} */
export const catalogues = { fr, en };

/** @type {Language} */
let language = remembered('language') === 'en' ? 'en' : 'fr';

/** Tells that the language changed. */
export const languageChanges = new EventTarget();

/** The language the page speaks now. */
export function currentLanguage() {
  return language;
}

/** @param {Language} chosen */
export function setLanguage(chosen) {
  language = chosen;
  remember('language', chosen);
  document.documentElement.lang = chosen;
  languageChanges.dispatchEvent(new Event('change'));
}

/**
 * The text of a key, with each {name} replaced.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const text = catalogues[language][key];
  if (text === undefined) throw new Error(`No text for ${key}`);
  return text.replace(/\{(\w+)\}/g, (hole, name) => String(values[name] ?? hole));
}

/**
 * The text of a key that agrees with a number: `key.one` or `key.other`.
 * @param {string} key
 * @param {number} count
 */
export function plural(key, count) {
  const form = new Intl.PluralRules(language).select(count) === 'one' ? 'one' : 'other';
  return t(`${key}.${form}`, { count: new Intl.NumberFormat(language).format(count) });
}

/** @param {string} key */
export function hasText(key) {
  return key in catalogues[language];
}

export const percent = (/** @type {number} */ share) => formatPercent(share, language);
export const bytes = (/** @type {number} */ size) => formatBytes(size, language);
export const moment = (/** @type {string} */ iso) => formatMoment(iso, language);
export const day = (/** @type {string} */ date) => formatDay(date, language);
export const number = (/** @type {number} */ value) => new Intl.NumberFormat(language).format(value);
