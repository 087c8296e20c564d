// @ts-check
// How an iteration compares with another: the sentence first, then the numbers.
import { comparisonSentence, points, verdictOf } from '../comparison.js';
import { html } from '../dom.js';
import { number, percent, plural, t } from '../i18n.js';
import { icon } from './icons.js';

/** @typedef {import('../comparison.js').Comparison} Comparison */

/** The sentence with its mark, and how sure it is. @param {Comparison} comparison */
export function comparisonLead(comparison) {
  const verdict = verdictOf(comparison);
  const mark = { better: 'check', worse: 'alert', unclear: 'info' }[verdict];
  return html`<div class="verdict-lead" data-verdict="${verdict}">
    <span class="verdict-mark">${icon(/** @type {any} */ (mark))}</span>
    <div>
      <p class="verdict-sentence">${comparisonSentence(comparison)}</p>
      <p class="verdict-detail">${detail(comparison)}</p>
    </div>
  </div>`;
}

/** @param {Comparison} comparison */
function detail(comparison) {
  const { image_count, overall } = comparison;
  if (image_count === 0) return '';
  const values = { difference: points(overall.difference), low: points(overall.low), high: points(overall.high), images: plural('compare.photos', image_count) };
  return `${t('compare.detail', values)} ${t(`compare_verdict.${verdictOf(comparison)}`)}`;
}

/** @param {Comparison} comparison */
export function comparisonTable({ per_tag }) {
  return html`<div class="table-scroll tall" tabindex="0" role="region" aria-label="${t('compare.table')}"><table class="table numbers-table">
    <thead><tr><th scope="col">${t('predictions.tag')}</th><th scope="col">${t('metric.images')}</th><th scope="col">${t('compare.before')}</th><th scope="col">${t('compare.after')}</th><th scope="col">${t('compare.difference')}</th></tr></thead>
    <tbody>${per_tag.map((tag) => html`<tr>
      <th scope="row">${tag.name}</th><td>${number(tag.images)}</td>
      <td>${percent(tag.before)}</td><td>${percent(tag.after)}</td>
      <td class="${tag.gained > tag.lost && 'is-better'} ${tag.gained < tag.lost && 'is-worse'}">${points(tag.difference)}</td>
    </tr>`)}</tbody>
  </table></div>`;
}
