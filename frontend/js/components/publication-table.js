// @ts-check
// What was published under which name, by whom and when.
import { html } from '../dom.js';
import { moment, t } from '../i18n.js';

/** @param {import('../training-api.js').Publication[]} publications newest first */
export function publicationTable(publications) {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="${t('project.history')}"><table class="table numbers-table publications">
    <thead><tr><th scope="col">${t('iterations.one')}</th><th scope="col">${t('publish.name')}</th><th scope="col">${t('publish.by')}</th><th scope="col">${t('publish.from')}</th><th scope="col">${t('publish.to')}</th></tr></thead>
    <tbody>${publications.map(row)}</tbody>
  </table></div>`;
}

/** @param {import('../training-api.js').Publication} publication */
function row({ name, iteration, username, published_at, unpublished_at }) {
  return html`<tr>
    <th scope="row">${typeof iteration === 'string' ? iteration : iteration?.name}</th>
    <td>${name}</td><td>${username ?? '–'}</td><td>${moment(published_at)}</td>
    <td>${unpublished_at ? moment(unpublished_at) : html`<span class="badge-quiet badge-ok">${t('publish.now')}</span>`}</td>
  </tr>`;
}
