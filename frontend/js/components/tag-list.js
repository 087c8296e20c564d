// @ts-check
// The tags of a project with the number of their images: what the images are filtered by.
import { fill, find, html, on } from '../dom.js';
import { fold } from '../format.js';
import { number, plural, t } from '../i18n.js';
import { go, href } from '../router.js';
import { FEWEST_IMAGES } from '../training-plan.js';
import { icon } from './icons.js';
import { projectAddress } from './project-card.js';

/** @typedef {import('../training-api.js').Tag} Tag @typedef {import('../training-api.js').Project} Project */

const MANY_TAGS = 12;
export const UNTAGGED = 'untagged';

/** The address of a project's images, filtered. @param {string} project @param {string | null} filter a tag's id, UNTAGGED, or null for all */
export function imagesAddress(project, filter) {
  const query = filter === null ? '' : filter === UNTAGGED ? '?untagged=true' : `?tag=${encodeURIComponent(filter)}`;
  return projectAddress(project, query);
}

/** @param {URLSearchParams} query @returns {string | null} */
export const filterOf = (query) => (query.get('untagged') ? UNTAGGED : query.get('tag'));

/**
 * @param {HTMLElement} root
 * @param {{project: Project, tags: Tag[], filter: string | null}} facts
 */
export function drawTagList(root, { project, tags, filter }) {
  const had = /** @type {HTMLElement | null} */ (root.contains(document.activeElement) ? document.activeElement : null);
  const key = had?.dataset.filter;
  const text = root.querySelector('input')?.value ?? '';
  const all = [
    { id: null, name: t('images.all'), count: project.image_count },
    ...(project.untagged_count > 0 || filter === UNTAGGED ? [{ id: UNTAGGED, name: t('images.untagged'), count: project.untagged_count }] : []),
  ];
  fill(root, html`<div class="tag-list-head">
      <h2 class="section-heading" id="tags-heading">${t('images.tags')}</h2>
      <button type="button" class="btn btn-icon" data-new-tag aria-label="${t('images.new_tag')}" title="${t('images.new_tag')}">${icon('plus')}</button>
    </div>
    ${tags.length > MANY_TAGS && html`<div class="search tag-search">${icon('search')}<input type="search" class="form-control" value="${text}" aria-label="${t('images.find_tag')}" placeholder="${t('images.find_tag')}" autocomplete="off" data-find-tag></div>`}
    <label class="tag-select"><span class="visually-hidden">${t('images.show')}</span>
      <select class="form-select" data-filter-select>
        ${[...all, ...tags.map((tag) => ({ id: tag.id, name: tag.name, count: tag.image_count }))].map((each) => html`<option value="${each.id ?? ''}" ${each.id === filter && html`selected`}>${each.name} (${number(each.count)})</option>`)}
      </select>
    </label>
    <ul class="tag-list" aria-labelledby="tags-heading">
      ${all.map(({ id, name, count }) => row(project.id, { id, name, count, isQuiet: true }, filter))}
      ${tags.map((tag) => row(project.id, { id: tag.id, name: tag.name, count: tag.image_count, tag }, filter))}
    </ul>`);
  hideOthers(root, text);
  if (key !== undefined) root.querySelectorAll('[data-filter]').forEach((link) => {
    if (/** @type {HTMLElement} */ (link).dataset.filter === key) /** @type {HTMLElement} */ (link).focus({ preventScroll: true });
  });
}

/** @param {string} project @param {{id: string | null, name: string, count: number, tag?: Tag, isQuiet?: boolean}} facts @param {string | null} filter */
function row(project, { id, name, count, tag, isQuiet }, filter) {
  const isFew = tag !== undefined && count < FEWEST_IMAGES;
  const few = plural('images.missing', FEWEST_IMAGES - count);
  return html`<li data-name="${fold(name)}">
    <a class="tag-row ${isQuiet && 'is-quiet'}" href="${href(imagesAddress(project, id))}" data-filter="${id ?? ''}" ${id === filter && html`aria-current="true"`}>
      <span class="tag-row-name">${name}</span>
      ${tag?.type === 'Negative' && html`<span class="badge-quiet">${t('images.negative')}</span>`}
      <span class="tag-row-count ${isFew && 'is-few'}" ${isFew && html`title="${few}"`}>${number(count)}${isFew && html`<span class="visually-hidden"> (${few})</span>`}</span>
    </a>
  </li>`;
}

/** @param {HTMLElement} root @param {string} text */
function hideOthers(root, text) {
  for (const item of root.querySelectorAll('li')) item.hidden = !String(item.dataset.name).includes(fold(text)) && item.querySelector('.is-quiet') === null;
}

/** @param {HTMLElement} root @param {() => Project} project @param {AbortSignal} signal */
export function listenToTagList(root, project, signal) {
  on(root, 'input', '[data-find-tag]', (input) => hideOthers(root, input.value), signal);
  on(root, 'change', '[data-filter-select]', (select) => go(imagesAddress(project().id, select.value || null)), signal);
}

/** Keeps the keyboard where it was, in a list drawn anew by a new screen. @param {HTMLElement} root @param {string} key */
export function focusFilter(root, key) {
  const select = find(root, '[data-filter-select]');
  const link = [...root.querySelectorAll('[data-filter]')].find((each) => /** @type {HTMLElement} */ (each).dataset.filter === key);
  if (getComputedStyle(select).display !== 'none') select.focus({ preventScroll: true });
  else /** @type {HTMLElement | undefined} */ (link)?.focus({ preventScroll: true });
}
