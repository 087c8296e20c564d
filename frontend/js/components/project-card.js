// @ts-check
// A project in the list: its newest photos, its size, and what of it answers.
import { fill, find, html } from '../dom.js';
import { can } from '../engine.js';
import { plural, t } from '../i18n.js';
import { href } from '../router.js';
import { listImages, listIterations, thumbnailUrl } from '../training-api.js';
import { icon, mark } from './icons.js';
import { loadPrivateImages, privateImage } from './private-image.js';

/** @typedef {import('../training-api.js').Project} Project */

/** The address of a project's screen. @param {string} id @param {string} [part] */
export const projectAddress = (id, part = '') => `/projects/${encodeURIComponent(id)}${part}`;

/** @param {Project} project */
export function projectCard(project) {
  const { id, name, description, is_builtin, is_default } = project;
  const title = is_builtin ? html`<span>${name}</span>` : html`<a href="${href(projectAddress(id))}">${name}</a>`;
  return html`<li class="project-card ${is_default && 'is-default'} ${is_builtin && 'is-builtin'}" data-id="${id}">
    <div class="project-cover" data-cover aria-hidden="true">${is_builtin && mark()}</div>
    <div class="project-card-text">
      <h2 class="project-name">${title}</h2>
      <p class="project-description">${is_builtin ? t('projects.builtin') : description}</p>
      ${!is_builtin && html`<p class="project-counts">${plural('projects.tags', project.tag_count)} · ${plural('projects.images', project.image_count)}</p>`}
      <div class="project-card-foot">
        <p class="project-published" data-published>${is_builtin && !is_default && t('projects.always_ready')}</p>
        ${is_default
          ? html`<span class="badge-quiet badge-ok">${t('projects.default')}</span>`
          : can('default_project') && html`<button type="button" class="btn btn-quiet" data-use aria-label="${t('projects.use_of', { name })}" ${!is_builtin && html`hidden`}>${t('projects.use')}</button>`}
      </div>
    </div>
  </li>`;
}

/**
 * Adds to each card, once it is near the visible part, its photos and what of it is published.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
export function completeCards(root, signal) {
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      void complete(/** @type {HTMLElement} */ (target), signal).catch(() => {});
    }
  }, { rootMargin: '200px' });
  for (const card of root.querySelectorAll('.project-card:not(.is-builtin)')) observer.observe(card);
  signal.addEventListener('abort', () => observer.disconnect());
}

/** @param {HTMLElement} card @param {AbortSignal} signal */
async function complete(card, signal) {
  const id = String(card.dataset.id);
  const [images, iterations] = await Promise.all([listImages(id, { limit: 3 }, signal), listIterations(id, signal).catch(() => [])]);
  if (signal.aborted) return;
  const cover = find(card, '[data-cover]');
  fill(cover, images.items.length ? html`${images.items.map((image) => privateImage(thumbnailUrl(id, image.id), ''))}` : icon('photo'));
  cover.dataset.count = String(images.items.length);
  loadPrivateImages(cover, signal);
  const published = iterations.filter(({ published_name }) => published_name !== null);
  const latest = published.sort((one, other) => String(other.published_at).localeCompare(String(one.published_at)))[0];
  find(card, '[data-published]').textContent = latest ? t('projects.published', { name: latest.name }) : t('projects.unpublished');
  const use = /** @type {HTMLElement | null} */ (card.querySelector('[data-use]'));
  if (use && latest) use.hidden = false;
}
