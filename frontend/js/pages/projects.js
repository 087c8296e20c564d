// @ts-check
// The projects: each learns its own tags; one of them answers by default.
import { icon } from '../components/icons.js';
import { empty, failure, loading } from '../components/notices.js';
import { completeCards, projectAddress, projectCard } from '../components/project-card.js';
import { askNewProject, useProject } from '../components/project-dialogs.js';
import { fill, find, html, on } from '../dom.js';
import { t } from '../i18n.js';
import { go } from '../router.js';
import { listProjects } from '../training-api.js';

/** @typedef {import('../training-api.js').Project} Project */

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('projects.heading'),
  async show({ main, signal }) {
    fill(main, frame());
    const root = find(main, '[data-projects]');
    /** @type {Project[]} */
    let projects = [];
    const load = async () => {
      projects = await listProjects(signal);
      if (!signal.aborted) draw(root, projects, signal);
    };
    on(main, 'click', '[data-create]', async () => {
      const created = await askNewProject();
      if (created) go(projectAddress(created.id));
    }, signal);
    on(main, 'click', '[data-use]', async (button) => {
      const id = button.closest('[data-id]').dataset.id;
      const project = projects.find((each) => each.id === id);
      if (!project || !(await useProject(project)) || signal.aborted) return;
      await load().catch(() => {});
      /** @type {HTMLElement | null} */ (main.querySelector('h1'))?.focus({ preventScroll: true });
    }, signal);
    try {
      await load();
    } catch (error) {
      if (!signal.aborted) fill(root, failure(error));
    }
  },
};

function frame() {
  return html`<div class="page-head">
      <div>
        <h1 tabindex="-1">${t('projects.heading')}</h1>
        <p class="page-lead">${t('projects.lead')}</p>
      </div>
      <button type="button" class="btn btn-primary" data-create>${icon('plus')}${t('projects.create')}</button>
    </div>
    <div data-projects>${loading()}</div>`;
}

/** @param {HTMLElement} root @param {Project[]} projects @param {AbortSignal} signal */
function draw(root, projects, signal) {
  const hasOwn = projects.some(({ is_builtin }) => !is_builtin);
  // Who answers comes first, then the others as the server orders them.
  const ordered = [...projects].sort((one, other) => Number(other.is_default) - Number(one.is_default));
  fill(root, html`${!hasOwn && empty({ icon: 'layers', heading: t('projects.empty'), text: t('projects.empty_text') })}<ul class="project-grid">${ordered.map(projectCard)}</ul>`);
  completeCards(root, signal);
}

