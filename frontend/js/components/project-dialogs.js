// @ts-check
// Creating a project, describing it anew, deleting it, letting it answer.
import { changeProject, createProject, deleteProject } from '../training-api.js';
import { html } from '../dom.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { FormProblem, openDialog } from './dialog.js';
import { toast } from './notices.js';

/** @typedef {import('../training-api.js').Project} Project */

const TYPES = ['Multiclass', 'Multilabel'];

/** @returns {Promise<Project | undefined>} */
export function askNewProject() {
  return openDialog({
    title: t('projects.create'),
    body: html`${projectFields({ name: '', description: '' })}
      <fieldset class="field choice-cards">
        <legend class="form-label">${t('projects.type')}</legend>
        ${TYPES.map((type) => typeChoice(type, type === 'Multiclass'))}
      </fieldset>`,
    submit: t('projects.create_submit'),
    onSubmit: (form) => createProject({ ...fieldsOf(form), classification_type: String(form.get('type')) }),
  });
}

/** @param {string} type @param {boolean} isChosen */
function typeChoice(type, isChosen) {
  return html`<label class="choice-card">
    <input type="radio" class="form-check-input" name="type" value="${type}" ${isChosen && html`checked`}>
    <span><strong>${t(`project_type.${type}`)}</strong><small>${t(`project_type.${type}_text`)}</small></span>
  </label>`;
}

/** Name and description. @param {{name: string, description: string}} project */
export function projectFields({ name, description }) {
  return html`<div class="field">
      <label class="form-label" for="project-name">${t('projects.name')}</label>
      <input class="form-control" id="project-name" name="name" maxlength="256" value="${name}" autocomplete="off" required>
    </div>
    <div class="field">
      <label class="form-label" for="project-description">${t('projects.description')}</label>
      <textarea class="form-control" id="project-description" name="description" rows="2" maxlength="2000">${description}</textarea>
    </div>`;
}

/** What the two fields hold; refuses an empty name. @param {FormData} form */
export function fieldsOf(form) {
  const name = String(form.get('name')).trim();
  if (!name) throw new FormProblem(t('projects.name_missing'));
  return { name, description: String(form.get('description')).trim() };
}

/** @param {Project} project @returns {Promise<boolean | undefined>} */
export function askToDeleteProject(project) {
  const { id, name } = project;
  return openDialog({
    title: t('projects.delete_title', { name }),
    text: t('projects.delete_text'),
    submit: t('common.delete'),
    danger: true,
    onSubmit: () => deleteProject(id).then(() => true),
  });
}

/** Lets a project answer the predictions that name none. @param {Project} project @returns {Promise<Project | undefined>} */
export async function useProject({ id, name }) {
  try {
    const changed = await changeProject(id, { is_default: true });
    toast(t('projects.now_default', { name }));
    return changed;
  } catch (error) {
    toast(messageOf(error), 'problem');
  }
}
