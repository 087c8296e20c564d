// @ts-check
// What is done to the images that are selected: give them a tag, take it away, delete them.
import { html } from '../dom.js';
import { plural, t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { createTag, deleteImages, retagImages } from '../training-api.js';
import { FormProblem, openDialog } from './dialog.js';
import { icon } from './icons.js';
import { toast } from './notices.js';
import { askTag } from './tag-dialog.js';
import { UNTAGGED } from './tag-list.js';

/** @typedef {import('../training-api.js').TrainingImage} TrainingImage @typedef {import('./image-browser.js').View} View */

/** The API takes this many at once. */
const MOST_AT_ONCE = 256;

/** @param {TrainingImage[]} selected @param {number} shown how many could be */
export function selectionBar(selected, shown) {
  const isTagged = selected.some(({ tags }) => tags.length > 0);
  return html`<button type="button" class="btn btn-icon" data-select-none aria-label="${t('wrong.clear_selection')}" title="${t('wrong.clear_selection')}">${icon('cross')}</button>
    <strong role="status">${plural('wrong.selected', selected.length)}</strong>
    <button type="button" class="btn btn-link-quiet" data-select-all>${plural('wrong.select_shown', shown)}</button>
    <span class="selection-actions">
      ${selected.length === 1 && html`<button type="button" class="btn btn-quiet" data-open-selected>${icon('eye')}<span>${t('images.open')}</span></button>`}
      <button type="button" class="btn btn-primary" data-tag-selected>${icon('tag')}${t('images.tag')}</button>
      ${isTagged && html`<button type="button" class="btn btn-quiet" data-untag-selected>${t('images.untag')}</button>`}
      <button type="button" class="btn btn-nok-quiet" data-delete-selected>${icon('trash')}<span>${t('common.delete')}</span></button>
    </span>`;
}

/** Asks for a tag and gives it to the images; a new one is created. @param {View} view @param {TrainingImage[]} images @returns {Promise<TrainingImage[]>} those changed, as they are now */
export async function askToTag({ project, tags }, images) {
  const changed = await askTag({
    title: plural('images.tag_title', images.length),
    text: t(`retag_text.${project.classification_type}`),
    label: t('images.tag_label'),
    submit: t('images.tag_submit'),
    suggestions: tags.map(({ name }) => name),
    onSubmit: async (name) => {
      if (!name) throw new FormProblem(t('tags.name_missing'));
      const tag = tags.find((each) => each.name === name) ?? (await createTag(project.id, { name }));
      return retagAll(project.id, images, { add: [tag.id] });
    },
  });
  if (changed) toast(plural('images.tagged', changed.length));
  return changed ?? [];
}

/** Takes the tag that is shown away from the images; where all are shown, whichever they have. @param {View} view @param {TrainingImage[]} images @returns {Promise<TrainingImage[]>} */
export async function untag({ project, filter }, images) {
  const all = new Set(images.flatMap(({ tags }) => tags.map(({ id }) => id)));
  const remove = filter && filter !== UNTAGGED ? [filter] : [...all];
  try {
    const changed = await retagAll(project.id, images, { remove });
    toast(plural('images.tagged', changed.length));
    return changed;
  } catch (error) {
    toast(messageOf(error), 'problem');
    return [];
  }
}

/** @param {TrainingImage[]} images @returns {string[][]} their ids, as many at once as the API takes */
function portions(images) {
  const ids = images.map(({ id }) => id);
  return Array.from({ length: Math.ceil(ids.length / MOST_AT_ONCE) }, (_, index) => ids.slice(index * MOST_AT_ONCE, (index + 1) * MOST_AT_ONCE));
}

/** @param {string} project @param {TrainingImage[]} images @param {{add?: string[], remove?: string[]}} change */
async function retagAll(project, images, change) {
  const changed = [];
  for (const ids of portions(images)) changed.push(...(await retagImages(project, ids, change)).items);
  return changed;
}

/** @param {string} project @param {TrainingImage[]} images @returns {Promise<string[]>} the ids of those that are gone */
export async function askToDeleteImages(project, images) {
  const isGone = await openDialog({
    title: plural('images.delete_title', images.length),
    text: t('images.delete_text'),
    submit: t('common.delete'),
    danger: true,
    onSubmit: async () => {
      for (const ids of portions(images)) await deleteImages(project, ids);
      return true;
    },
  });
  if (!isGone) return [];
  toast(plural('images.deleted', images.length));
  return images.map(({ id }) => id);
}
