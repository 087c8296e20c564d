// @ts-check
// The iterations of a project, newest first, with what matters of each.
import { html } from '../dom.js';
import { moment, percent, plural, t } from '../i18n.js';
import { href } from '../router.js';
import { isRunning } from '../training-plan.js';
import { icon } from './icons.js';
import { projectAddress } from './project-card.js';

/** @typedef {import('../training-api.js').Iteration} Iteration */

/** @param {string} project @param {string} iteration @param {string} [query] */
export const iterationAddress = (project, iteration, query = '') =>
  projectAddress(project, `/iterations/${encodeURIComponent(iteration)}${query}`);

/** @param {string} project @param {Iteration[]} iterations */
export function iterationList(project, iterations) {
  return html`<ul class="iteration-list">${iterations.map((iteration) => row(project, iteration))}</ul>`;
}

/** @param {string} project @param {Iteration} iteration */
function row(project, iteration) {
  const { id, name, status, error, created_at, image_count, summary, tags, published_name } = iteration;
  const isDone = status === 'completed';
  return html`<li class="iteration-row" data-id="${id}" data-status="${status}">
    <div class="iteration-name">
      ${isDone ? html`<a href="${href(iterationAddress(project, id))}">${name}</a>` : html`<strong>${name}</strong>`}
      ${statusBadge(iteration)} ${published_name && publishedBadge(published_name)}
      <p><time datetime="${created_at}">${moment(created_at)}</time>${image_count > 0 && html` · ${plural('projects.images', image_count)}`}${tags.length > 0 && html` · ${plural('projects.tags', tags.length)}`}</p>
      ${status === 'failed' && html`<p class="iteration-error">${error}</p>`}
    </div>
    ${isDone && summary && headlines(summary)}
    ${!isDone && !isRunning(iteration) && html`<button type="button" class="btn btn-icon" data-delete-iteration aria-label="${t('iterations.delete_of', { name })}" title="${t('common.delete')}">${icon('trash')}</button>`}
  </li>`;
}

/** Nothing for a completed one: its numbers say so. @param {Iteration} iteration */
export function statusBadge({ status }) {
  if (status === 'completed') return null;
  return html`<span class="badge-quiet ${status === 'failed' && 'badge-nok'}">${t(`iteration_status.${status}`)}</span>`;
}

/** @param {string} name */
export const publishedBadge = (name) => html`<span class="badge-quiet badge-ok">${t('iterations.published', { name })}</span>`;

/** @param {Record<string, number | null>} summary */
function headlines(summary) {
  return html`<dl class="headlines">${['precision', 'recall', 'average_precision'].map((name) => html`<div><dt>${t(`metric.${name}`)}</dt><dd>${share(summary[name])}</dd></div>`)}</dl>`;
}

/** A share as a percentage; a dash where it is not defined. @param {number | null | undefined} value */
export const share = (value) => (value === null || value === undefined ? '–' : percent(value));
