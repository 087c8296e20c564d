// @ts-check
// Images of a report: the surest mistakes, and those behind a cell of the confusion matrix.
import { find, fill, html } from '../dom.js';
import { percent, plural, t } from '../i18n.js';
import { getReportImages, thumbnailUrl } from '../training-api.js';
import { openDialog } from './dialog.js';
import { icon } from './icons.js';
import { failure, loading } from './notices.js';
import { loadPrivateImages, privateImage } from './private-image.js';

/** @typedef {import('../report.js').Named} Named @typedef {import('../report.js').JudgedImage} JudgedImage */

/** @param {string} project @param {JudgedImage[]} mistakes */
export function mistakeGrid(project, mistakes) {
  return html`<ul class="mistakes">${mistakes.map((image) => {
    const { actual_tags, predicted, probability } = image;
    const right = actual_tags.map(({ name }) => name).join(', ');
    const taken = predicted?.name ?? t('confusion.no_tag');
    return html`<li>
      <div class="mistake-photo">${photoOf(project, image, t('report.mistake_alt', { actual: right }))}</div>
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
        const { items, count } = await getReportImages(project, iteration, query, leaving.signal);
        fill(root, html`<p class="facts">${plural('projects.images', count)}</p>${confusedGrid(project, items)}`);
        loadPrivateImages(root, leaving.signal);
      } catch (error) {
        if (!leaving.signal.aborted) fill(root, failure(error));
      }
    },
  });
  leaving.abort();
}

/** @param {string} project @param {JudgedImage[]} items */
const confusedGrid = (project, items) => html`<ul class="confused-grid">${items.map((image) => html`<li>
  <div class="mistake-photo">${photoOf(project, image, '')}</div><p>${percent(image.probability)}</p></li>`)}</ul>`;

/** The photo, unless it has been deleted since. @param {string} project @param {JudgedImage} image @param {string} alt */
function photoOf(project, { image_id, is_deleted }, alt) {
  if (!is_deleted) return privateImage(thumbnailUrl(project, image_id), alt);
  return html`<span class="private-image" data-state="missing"><span class="private-image-missing">${icon('photo')}${t('report.image_deleted')}</span></span>`;
}
