// @ts-check
// "Add to the training set": wrong predictions with their correct tag go into a project.
import { find, html } from '../dom.js';
import { plural, t } from '../i18n.js';
import { href } from '../router.js';
import { remember, remembered } from '../storage.js';
import { addWrongPredictions, listProjects } from '../training-api.js';
import { messageOf } from '../messages.js';
import { openDialog } from './dialog.js';
import { toast } from './notices.js';

/** @typedef {import('../api.js').WrongPrediction} WrongPrediction */

/** The API takes this many at once. */
const MOST_AT_ONCE = 64;

/**
 * Asks for the project, and moves those whose correct tag is known there.
 * @param {WrongPrediction[]} wrongs
 * @returns {Promise<number[]>} those that are no longer in the review
 */
export async function askToAddToTraining(wrongs) {
  const known = wrongs.filter(({ correct_tag }) => correct_tag);
  const projects = await listProjects().catch((error) => void toast(messageOf(error), 'problem'));
  if (!projects) return [];
  const own = projects.filter(({ is_builtin }) => !is_builtin);
  if (!own.length || !known.length) {
    await openDialog({
      title: t('learn.action'),
      text: t(own.length ? 'error.correct_tag_missing' : 'learn.no_project'),
      body: own.length ? html`` : html`<a class="btn btn-quiet" href="${href('/projects')}">${t('projects.heading')}</a>`,
      submit: t('common.close'),
      cancel: false,
    });
    return [];
  }
  const last = remembered('project');
  const added = await openDialog({
    title: plural('learn.title', known.length),
    text: known.length === 1 ? t('learn.text_one', { tag: String(known[0].correct_tag) }) : t('learn.text'),
    body: html`<div class="field"><label class="form-label" for="learn-project">${t('learn.project')}</label>
      <select class="form-select" id="learn-project" name="project">${own.map(({ id, name }) => html`<option value="${id}" ${id === last && html`selected`}>${name}</option>`)}</select></div>
      ${known.length < wrongs.length && html`<p class="facts">${plural('learn.without_tag', wrongs.length - known.length)}</p>`}`,
    submit: t('learn.submit'),
    onSubmit: (form) => addAll(String(form.get('project')), known),
    onOpen: ({ form }) => find(form, 'select').focus(),
  });
  return added ?? [];
}

/** @param {string} project @param {WrongPrediction[]} wrongs @returns {Promise<number[]>} */
async function addAll(project, wrongs) {
  const gone = [];
  for (let start = 0; start < wrongs.length; start += MOST_AT_ONCE) {
    const some = wrongs.slice(start, start + MOST_AT_ONCE);
    const { items } = await addWrongPredictions(project, some.map(({ id }) => id));
    gone.push(...some.filter((_, index) => items[index]?.status.startsWith('OK')).map(({ id }) => id));
  }
  remember('project', project);
  const refused = wrongs.length - gone.length;
  if (refused > 0) toast(`${plural('learn.done', gone.length)} ${plural('learn.refused', refused)}`, 'problem');
  else toast(plural('learn.done', gone.length));
  return gone;
}
