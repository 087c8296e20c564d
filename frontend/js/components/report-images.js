// @ts-check
// Images of a report: the surest mistakes, and those behind a cell of the confusion matrix.
import { find, fill, html } from '../dom.js';
import { percent, plural, t } from '../i18n.js';
import { getReportImages, thumbnailUrl } from '../training-api.js';
import { openDialog } from './dialog.js';
import { failure, loading } from './notices.js';
import { loadPrivateImages, privateImage } from './private-image.js';

/** @typedef {import('../report.js').Named} Named @typedef {import('../report.js').Mistake} Mistake */

/** @param {string} project @param {Mistake[]} mistakes */
export function mistakeGrid(project, mistakes) {
  return html`<ul class="mistakes">${mistakes.map(({ image_id, actual, predicted, probability }) => {
    const right = actual.map(({ name }) => name).join(', ');
    const taken = predicted?.name ?? t('confusion.no_tag');
    return html`<li>
      <div class="mistake-photo">${privateImage(thumbnailUrl(project, image_id), t('report.mistake_alt', { actual: right }))}</div>
      <p class="mistake-taken">${t('report.taken_for', { tag: taken })} <span>${percent(probability)}</span></p>
      <p class="mistake-right">${t('report.really', { tag: right })}</p>
    </li>`;
  })}</ul>`;
}

/**
 * The images of a tag that were taken for another, for itself, or for none.
 * @param {string} project @param {string} iteration @param {number} threshold @param {Named} actual @param {Named | null} predicted
 */
export async function viewConfused(project, iteration, threshold, actual, predicted) {
  const leaving = new AbortController();
  await openDialog({
    title: t('confusion.pair', { actual: actual.name, predicted: predicted?.name ?? t('confusion.no_tag') }),
    body: html`<div class="confused" data-confused>${loading()}</div>`,
    submit: t('common.close'),
    cancel: false,
    wide: true,
    onOpen: async ({ dialog }) => {
      const root = find(dialog, '[data-confused]');
      try {
        const query = { actual: actual.id, predicted: predicted?.id ?? 'none', threshold };
        const { items } = await getReportImages(project, iteration, query, leaving.signal);
        fill(root, html`<p class="facts">${plural('projects.images', items.length)}</p>${confusedGrid(project, items)}`);
        loadPrivateImages(root, leaving.signal);
      } catch (error) {
        if (!leaving.signal.aborted) fill(root, failure(error));
      }
    },
  });
  leaving.abort();
}

/** @param {string} project @param {{image_id: string, probability: number}[]} items */
const confusedGrid = (project, items) => html`<ul class="confused-grid">${items.map(({ image_id, probability }) => html`<li>
  <div class="mistake-photo">${privateImage(thumbnailUrl(project, image_id), '')}</div><p>${percent(probability)}</p></li>`)}</ul>`;
