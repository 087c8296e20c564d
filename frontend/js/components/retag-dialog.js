// @ts-check
// Which tag the selected images should have.
import { createTag, retagImages } from '../training-api.js';
import { plural, t } from '../i18n.js';
import { FormProblem } from './dialog.js';
import { askTag } from './tag-dialog.js';

/** @typedef {import('../training-api.js').Tag} Tag @typedef {import('../training-api.js').TrainingImage} TrainingImage */

/** The API takes this many at once. */
const MOST_AT_ONCE = 256;

/**
 * Asks for a tag and gives it to the images; a new one is created.
 * @param {import('../training-api.js').Project} project
 * @param {Tag[]} tags
 * @param {string[]} ids
 * @returns {Promise<TrainingImage[] | undefined>} the images as they are now
 */
export function askToTag(project, tags, ids) {
  return askTag({
    title: plural('images.tag_title', ids.length),
    text: t(`retag_text.${project.classification_type}`),
    label: t('images.tag_label'),
    submit: t('images.tag_submit'),
    suggestions: tags.map(({ name }) => name),
    onSubmit: async (name) => {
      if (!name) throw new FormProblem(t('tags.name_missing'));
      const tag = tags.find((each) => each.name === name) ?? (await createTag(project.id, { name }));
      return retagAll(project.id, ids, { add: [tag.id] });
    },
  });
}

/** @param {string} project @param {string[]} ids @param {{add?: string[], remove?: string[]}} change */
export async function retagAll(project, ids, change) {
  const images = [];
  for (let start = 0; start < ids.length; start += MOST_AT_ONCE) {
    images.push(...(await retagImages(project, ids.slice(start, start + MOST_AT_ONCE), change)).items);
  }
  return images;
}
