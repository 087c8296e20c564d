// @ts-check
// A comparison of two iterations in one plain sentence of the page's language.
import { currentLanguage, plural, t } from './i18n.js';

/**
 * @typedef {{id: string, name: string}} Named
 * @typedef {Named & {images: number, gained: number, lost: number, before: number, after: number, difference: number}} TagComparison
 * @typedef {{with: Named, image_count: number, overall: {before: number | null, after: number | null, difference: number, low: number, high: number},
 *   per_tag: TagComparison[], new_tags: string[], lost_tags: string[]}} Comparison
 */

const MOST_NAMED = 3;

/** "+2", "−1.5", "0": points with the sign people read. @param {number} value */
export function points(value) {
  const format = new Intl.NumberFormat(currentLanguage(), { maximumFractionDigits: 1, signDisplay: 'exceptZero' });
  return format.format(value).replace('-', '−');
}

/** @param {string[]} names */
function listed(names) {
  const kept = names.slice(0, MOST_NAMED);
  if (names.length > MOST_NAMED) kept.push(plural('compare.more', names.length - MOST_NAMED));
  return new Intl.ListFormat(currentLanguage()).format(kept);
}

/** Better where, worse where. @param {Comparison} comparison */
export function comparisonSentence({ image_count, per_tag, new_tags, lost_tags }) {
  const better = per_tag.filter(({ gained, lost }) => gained > lost);
  const worse = per_tag.filter(({ gained, lost }) => gained < lost).sort((one, other) => one.difference - other.difference);
  const said = [];
  if (image_count === 0) said.push(t('compare.nothing_shared'));
  else if (!better.length && !worse.length) said.push(t('compare.equal'));
  else {
    if (better.length) said.push(t('compare.better', { count: better.length, of: plural('compare.of_tags', per_tag.length) }));
    if (worse.length) said.push(t(better.length ? 'compare.but_worse' : 'compare.worse', { tags: listed(worse.map(worseTag)) }));
    else said.push(t('compare.worse_on_none'));
  }
  if (new_tags.length) said.push(t('compare.new', { tags: listed(new_tags) }));
  if (lost_tags.length) said.push(t('compare.lost', { tags: listed(lost_tags) }));
  const text = said.join(t('compare.joint'));
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/** @param {TagComparison} tag */
function worseTag({ name, difference, gained, lost }) {
  return t('compare.tag', { name, points: points(difference), images: plural('projects.images', lost - gained) });
}

/** What of it is more than chance. @param {Comparison} comparison @returns {'better' | 'worse' | 'unclear'} */
export function verdictOf({ image_count, overall: { low, high } }) {
  if (image_count > 0 && low > 0) return 'better';
  return image_count > 0 && high < 0 ? 'worse' : 'unclear';
}
