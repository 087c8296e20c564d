// @ts-check
// Which tag is meant by what was typed.
import { fold } from './format.js';

const MOST_SHOWN = 40;

/** A tag as the API keeps it. @param {string} typed */
export const tidyTag = (typed) => typed.trim().replace(/\s+/g, ' ');

/**
 * The tags to offer for what was typed: those that start with it, then those that contain it, each
 * group in the order given.
 * @param {string[]} tags
 * @param {string} typed
 */
export function rankTags(tags, typed) {
  const wanted = fold(typed);
  if (!wanted) return tags.slice(0, MOST_SHOWN);
  const starting = tags.filter((tag) => fold(tag).startsWith(wanted));
  const containing = tags.filter((tag) => fold(tag).indexOf(wanted) > 0);
  return [...starting, ...containing].slice(0, MOST_SHOWN);
}

/**
 * What is meant by what was typed: the tag there is, whatever its case and accents, else a new one.
 * @param {string[]} tags
 * @param {string} typed
 */
export function meantTag(tags, typed) {
  const tidy = tidyTag(typed);
  if (tags.includes(tidy)) return tidy;
  return tags.find((tag) => fold(tag) === fold(tidy)) ?? tidy;
}

/**
 * Whether what was typed may be the beginning of a tag there is, so that a new category of this
 * name has to be chosen by hand.
 * @param {string[]} tags
 * @param {string} typed
 */
export function isUnclear(tags, typed) {
  const tidy = tidyTag(typed);
  return tidy !== '' && !tags.includes(meantTag(tags, tidy)) && tags.some((tag) => fold(tag).startsWith(fold(tidy)));
}
