// @ts-check
// Creating, renaming and deleting the tags a project learns.
import { changeTag, createTag, deleteTag } from '../training-api.js';
import { html } from '../dom.js';
import { plural, t } from '../i18n.js';
import { tidyTag } from '../tags.js';
import { FormProblem, openDialog } from './dialog.js';

/** @typedef {import('../training-api.js').Tag} Tag */

/** @param {{name: string, type: string}} tag */
function fields({ name, type }) {
  return html`<div class="field">
      <label class="form-label" for="tag-name">${t('tags.name')}</label>
      <input class="form-control" id="tag-name" name="name" maxlength="128" value="${name}" autocomplete="off" autocapitalize="none" spellcheck="false" required>
    </div>
    <label class="check-row field">
      <input type="checkbox" class="form-check-input" name="negative" ${type === 'Negative' && html`checked`}>
      <span><strong>${t('tags.negative')}</strong><small>${t('tags.negative_text')}</small></span>
    </label>`;
}

/** @param {FormData} form */
function valuesOf(form) {
  const name = tidyTag(String(form.get('name')));
  if (!name) throw new FormProblem(t('tags.name_missing'));
  return { name, type: form.get('negative') ? 'Negative' : 'Regular' };
}

/** @param {string} project @returns {Promise<Tag | undefined>} */
export function askNewTag(project) {
  return openDialog({
    title: t('images.new_tag'),
    body: fields({ name: '', type: 'Regular' }),
    submit: t('tags.create_submit'),
    onSubmit: (form) => createTag(project, valuesOf(form)),
  });
}

/** @param {string} project @param {Tag} tag @returns {Promise<Tag | undefined>} */
export function askToChangeTag(project, tag) {
  return openDialog({
    title: t('tags.change', { name: tag.name }),
    body: fields(tag),
    submit: t('common.save'),
    onSubmit: (form) => changeTag(project, tag.id, valuesOf(form)),
  });
}

/** @param {string} project @param {Tag} tag @returns {Promise<boolean | undefined>} */
export function askToDeleteTag(project, { id, name, image_count }) {
  return openDialog({
    title: t('tags.delete_title', { name }),
    text: image_count ? plural('tags.delete_text', image_count) : t('tags.delete_text_none'),
    submit: t('common.delete'),
    danger: true,
    onSubmit: () => deleteTag(project, id).then(() => true),
  });
}
