// @ts-check
// A project's name, what answers predictions, what was published when, and its deletion.
import { FormProblem } from '../components/dialog.js';
import { icon } from '../components/icons.js';
import { formError, toast } from '../components/notices.js';
import { askToDeleteProject, fieldsOf, projectFields, useProject } from '../components/project-dialogs.js';
import { drawName, showProject } from '../components/project-frame.js';
import { publicationTable } from '../components/publication-table.js';
import { fill, find, html, on } from '../dom.js';
import { can } from '../engine.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { go } from '../router.js';
import { changeProject, listIterations, listPublications } from '../training-api.js';

/** @typedef {import('../training-api.js').Project} Project */

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('project.settings'),
  show(visit) {
    return showProject(visit, '/settings', async ({ root, project, signal }) => {
      const [iterations, publications] = await Promise.all([listIterations(project.id, signal), can('roll_back') ? listPublications(project.id, signal) : null]);
      if (signal.aborted) return;
      const isPublished = iterations.some(({ published_name }) => published_name !== null);
      fill(root, view(project, isPublished, publications));
      listen(visit.main, root, project, signal);
    });
  },
};

/** @param {Project} project @param {boolean} isPublished @param {import('../training-api.js').Publication[] | null} publications null: the engine keeps no history */
function view(project, isPublished, publications) {
  return html`<div class="settings">
    <section class="card-section">
      <h2 class="section-heading">${t('project.about')}</h2>
      <form data-about novalidate>
        ${projectFields(project)}
        <p class="facts">${t(`project_type.${project.classification_type}`)}</p>
        <div data-problem></div>
        <button type="submit" class="btn btn-primary">${t('common.save')}</button>
      </form>
    </section>
    <section class="card-section" data-default>${defaultSection(project, isPublished)}</section>
    ${publications && html`<section class="card-section">
      <h2 class="section-heading">${t('project.history')}</h2>
      ${publications.length ? publicationTable(publications) : html`<p class="section-lead">${t('project.history_empty')}</p>`}
    </section>`}
    <section class="card-section">
      <h2 class="section-heading">${t('projects.delete')}</h2>
      <p class="section-lead">${t(isPublished ? 'error.project_published' : 'projects.delete_text')}</p>
      <button type="button" class="btn btn-nok-quiet" data-delete ${isPublished && html`disabled`}>${icon('trash')}${t('projects.delete')}</button>
    </section>
  </div>`;
}

/** @param {Project} project @param {boolean} isPublished */
function defaultSection({ is_default }, isPublished) {
  const isChoice = can('default_project');
  const text = is_default ? 'project.default_text' : !isChoice ? 'project.default_elsewhere' : isPublished ? 'project.not_default_text' : 'project.unpublished_text';
  return html`<h2 class="section-heading">${t('project.answers')}</h2>
    <p class="section-lead">${t(text)}</p>
    ${is_default ? html`<span class="badge-quiet badge-ok">${t('projects.default')}</span>` : isChoice && html`<button type="button" class="btn btn-quiet" data-use ${!isPublished && html`disabled`}>${t('projects.use')}</button>`}`;
}

/** @param {HTMLElement} main @param {HTMLElement} root @param {Project} project @param {AbortSignal} signal */
function listen(main, root, project, signal) {
  const form = find(root, '[data-about]');
  form.addEventListener('submit', async (/** @type {Event} */ event) => {
    event.preventDefault();
    const problem = find(form, '[data-problem]');
    fill(problem, html``);
    try {
      drawName(main, await changeProject(project.id, fieldsOf(new FormData(form))));
      toast(t('project.saved'));
    } catch (error) {
      const said = error instanceof FormProblem ? error.message : messageOf(error);
      fill(problem, formError(said));
    }
  });
  on(root, 'click', '[data-use]', async () => {
    const changed = await useProject(project);
    if (changed && !signal.aborted) fill(find(root, '[data-default]'), defaultSection(changed, true));
  }, signal);
  on(root, 'click', '[data-delete]', async () => {
    if (!(await askToDeleteProject(project))) return;
    toast(t('projects.deleted', { name: project.name }));
    go('/projects');
  }, signal);
}
