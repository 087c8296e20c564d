// @ts-check
// Tags and probabilities: the first five, and all of them on demand with a filter.
import { fill, find, html } from '../dom.js';
import { fold } from '../format.js';
import { percent, plural, t } from '../i18n.js';
import { icon } from './icons.js';

/** @typedef {import('../api.js').TagProbability} TagProbability */

const FIRST = 5;
/** So few are shown at once: a button for one or two more would not be worth its place. */
const FEW = 8;
/** Among a thousand tags a good answer often has but a few tens of percent. */
const LEAST_LIKELY = 0.1;
const CLEAR_LEAD = 1.5;

/** The table of these predictions, bars beside the percentages. @param {TagProbability[]} predictions */
export function predictionTable(predictions) {
  return html`<table class="predictions">
    <caption class="visually-hidden">${t('predictions.heading')}</caption>
    <thead><tr><th scope="col">${t('predictions.tag')}</th><th scope="col" class="text-end">${t('predictions.probability')}</th></tr></thead>
    <tbody>${predictions.map(row)}</tbody>
  </table>`;
}

/** @param {TagProbability} prediction */
function row({ tag, probability }) {
  return html`<tr>
    <th scope="row"><span>${tag}</span><i class="bar" aria-hidden="true"><b data-share="${probability}"></b></i></th>
    <td>${percent(probability)}</td>
  </tr>`;
}

/** What to say when no tag stands out; null when one does. @param {TagProbability[]} predictions */
export function doubtOf([first, second]) {
  if (!first) return null;
  if (first.probability < LEAST_LIKELY) return t('predictions.no_lead');
  if (!second || first.probability >= CLEAR_LEAD * second.probability) return null;
  return t('predictions.torn', { first: first.tag, second: second.tag });
}

/** Rows without words, while there is nothing to tell. @param {boolean} isWaiting */
export function ghostTable(isWaiting) {
  return html`<div class="ghosts ${isWaiting && 'is-waiting'}" aria-hidden="true">
    ${[1, 2, 3, 4, 5].map(() => html`<div class="ghost"><i></i><b></b></div>`)}
  </div>`;
}

/**
 * Shows predictions in `root`, with a button for those beyond the first five.
 * @param {HTMLElement} root
 * @param {TagProbability[]} predictions
 * @param {AbortSignal} signal
 */
export function showPredictions(root, predictions, signal) {
  const doubt = doubtOf(predictions);
  const isFew = predictions.length <= FEW;
  const drawFirst = () => {
    fill(root, html`${predictionTable(isFew ? predictions : predictions.slice(0, FIRST))}
      ${doubt && html`<p class="unsure">${icon('info')}<span>${doubt}</span></p>`}
      ${!isFew && html`<button type="button" class="btn btn-link-quiet" data-more aria-expanded="false">${plural('predictions.show_all', predictions.length)}${icon('chevron')}</button>`}`);
  };
  const drawAll = () => {
    fill(root, html`<div class="search predictions-filter">
        ${icon('search')}
        <input type="search" class="form-control" aria-label="${t('predictions.filter')}" placeholder="${t('predictions.filter')}" autocomplete="off" spellcheck="false">
      </div>
      <div class="predictions-all" tabindex="0" role="group" aria-label="${t('predictions.all')}" data-rows></div>
      <button type="button" class="btn btn-link-quiet is-open" data-less aria-expanded="true">${t('predictions.show_less')}${icon('chevron')}</button>`);
    drawRows('');
    find(root, 'input').focus();
  };
  const drawRows = (/** @type {string} */ text) => {
    const kept = predictions.filter(({ tag }) => fold(tag).includes(fold(text)));
    const none = html`<p class="text-body-secondary" role="status">${t('predictions.no_match', { text })}</p>`;
    fill(find(root, '[data-rows]'), kept.length ? predictionTable(kept) : none);
  };
  root.onclick = ({ target }) => {
    if (!(target instanceof Element)) return;
    if (target.closest('[data-more]')) drawAll();
    if (target.closest('[data-less]')) {
      drawFirst();
      find(root, '[data-more]').focus();
    }
  };
  root.oninput = ({ target }) => target instanceof HTMLInputElement && drawRows(target.value);
  signal.addEventListener('abort', () => (root.onclick = root.oninput = null));
  drawFirst();
}
