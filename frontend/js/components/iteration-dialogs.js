// @ts-check
// Renaming, deleting, publishing and withdrawing an iteration.
import { html } from '../dom.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { deleteIteration, getEarlier, publish, renameIteration, rollBack, unpublish } from '../training-api.js';
import { FormProblem, openDialog } from './dialog.js';
import { toast } from './notices.js';

/** @typedef {import('../training-api.js').Iteration} Iteration */

/** @param {string} project @param {Iteration} iteration @returns {Promise<boolean | undefined>} */
export function askToDeleteIteration(project, { id, name }) {
  return openDialog({
    title: t('iterations.delete_title', { name }),
    text: t('iterations.delete_text'),
    submit: t('common.delete'),
    danger: true,
    onSubmit: () => deleteIteration(project, id).then(() => true),
  });
}

/** @param {string} project @param {Iteration} iteration @returns {Promise<Iteration | undefined>} */
export function askNewName(project, { id, name }) {
  return openDialog({
    title: t('iterations.rename'),
    body: nameField('iteration-name', t('iterations.name'), name, 256),
    submit: t('common.save'),
    onSubmit: (form) => renameIteration(project, id, nameOf(form)),
  });
}

/** @param {string} id @param {string} label @param {string} value @param {number} longest */
const nameField = (id, label, value, longest) => html`<div class="field">
  <label class="form-label" for="${id}">${label}</label>
  <input class="form-control" id="${id}" name="name" value="${value}" maxlength="${longest}" autocomplete="off" spellcheck="false" required>
</div>`;

/** @param {FormData} form */
function nameOf(form) {
  const name = String(form.get('name')).trim();
  if (!name) throw new FormProblem(t('publish.name_missing'));
  return name;
}

/**
 * Asks for the name to publish under; the comparison with what it replaces is read first.
 * @param {string} project
 * @param {Iteration} iteration
 * @param {{sentence: import('../dom.js').Markup | null, replaced: Iteration | null, answering: import('../training-api.js').Project | null}} facts
 *   answering: the other project that answers the home page
 * @returns {Promise<Iteration | undefined>}
 */
export function askToPublish(project, { id, name }, { sentence, replaced, answering }) {
  return openDialog({
    title: t('publish.title', { name }),
    text: t(replaced ? 'publish.text_replace' : 'publish.text'),
    body: html`${sentence && html`<div class="publish-sentence">${sentence}</div>`}
      ${nameField('published-name', t('publish.name'), replaced?.published_name ?? 'default', 128)}
      ${replaced && html`<label class="check-row field"><input type="checkbox" class="form-check-input" name="replace" checked>
        <span><strong>${t('publish.replace', { name: replaced.name })}</strong><small>${t('publish.replace_text')}</small></span></label>`}
      ${answering && html`<label class="check-row field"><input type="checkbox" class="form-check-input" name="default">
        <span><strong>${t('publish.default')}</strong><small>${t('publish.default_text', { name: answering.name })}</small></span></label>`}`,
    submit: t('publish.submit'),
    onSubmit: (form) => publish(project, id, { name: nameOf(form), replace: form.get('replace') !== null, make_default: form.get('default') === null ? null : true }),
  });
}

/** @param {string} project @param {Iteration} iteration @returns {Promise<Iteration | undefined>} */
export function askToUnpublish(project, { id, name, published_name }) {
  return openDialog({
    title: t('publish.unpublish_title', { name }),
    text: t('publish.unpublish_text', { name: published_name ?? '' }),
    submit: t('publish.unpublish'),
    onSubmit: () => unpublish(project, id),
  });
}

/**
 * @param {string} project @param {Iteration} iteration the published one
 * @returns {Promise<Iteration | undefined>} the one that answers again
 */
export async function askToRollBack(project, { name, published_name }) {
  const published = published_name ?? '';
  const earlier = await getEarlier(project, published).catch((error) => toast(messageOf(error), 'problem'));
  if (!earlier) return undefined;
  return openDialog({
    title: t('publish.rollback_title', { name: earlier.name }),
    text: t('publish.rollback_text', { name, earlier: earlier.name }),
    submit: t('publish.rollback'),
    onSubmit: () => rollBack(project, published),
  });
}
