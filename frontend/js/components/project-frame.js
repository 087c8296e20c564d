// @ts-check
// What the screens of a project share: its name, its parts, and what happens when it is not there.
import { fill, find, html } from '../dom.js';
import { t } from '../i18n.js';
import { href } from '../router.js';
import { getProject } from '../training-api.js';
import { icon } from './icons.js';
import { failure, loading } from './notices.js';
import { projectAddress } from './project-card.js';

/** @typedef {import('../training-api.js').Project} Project */

const PARTS = [['', 'project.images'], ['/training', 'project.training'], ['/settings', 'project.settings']];

/** The project seen last, so that its other parts show its name at once. @type {Project | null} */
let last = null;

/** @param {Project} project */
export const rememberProject = (project) => (last = project);

/**
 * Draws the frame around a part of a project, then the part itself once the project is there.
 * @param {import('../router.js').Visit} visit
 * @param {string} part '' for the images
 * @param {(visit: {root: HTMLElement, project: Project, signal: AbortSignal}) => Promise<void>} show
 */
export async function showProject({ main, params, signal }, part, show) {
  const id = params.project;
  const known = last?.id === id ? last : null;
  fill(main, html`${head(id, known, part)}<div class="project-part" data-part>${loading()}</div>`);
  const root = find(main, '[data-part]');
  try {
    const project = rememberProject(await getProject(id, signal));
    if (signal.aborted) return;
    drawName(main, project);
    await show({ root, project, signal });
  } catch (error) {
    if (!signal.aborted) fill(root, failure(error));
  }
}

/** @param {HTMLElement} main @param {Project} project */
export function drawName(main, project) {
  rememberProject(project);
  find(main, 'h1').textContent = project.name;
  find(main, '[data-description]').textContent = project.description;
  document.title = `${project.name} · Classifr`;
}

/** @param {string} id @param {Project | null} project @param {string} here */
function head(id, project, here) {
  return html`<div class="page-head project-head">
    <div>
      <a class="back-link" href="${href('/projects')}">${icon('arrow')}${t('projects.heading')}</a>
      <h1 tabindex="-1">${project?.name ?? t('project.title')}</h1>
      <p class="page-lead" data-description>${project?.description}</p>
    </div>
    <nav class="segmented" aria-label="${t('project.parts')}">
      ${PARTS.map(([part, key]) => html`<a href="${href(projectAddress(id, part))}" ${part === here && html`aria-current="page"`}>${t(key)}</a>`)}
    </nav>
  </div>`;
}
