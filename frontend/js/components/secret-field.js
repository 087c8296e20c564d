// @ts-check
// A secret that is seen once, with a button that copies it.
import { find, html } from '../dom.js';
import { t } from '../i18n.js';
import { icon } from './icons.js';

/** @param {{id: string, label: string, value: string}} facts */
export function secretField({ id, label, value }) {
  return html`<div class="field">
    <label class="form-label" for="${id}">${label}</label>
    <div class="copy">
      <input class="form-control font-monospace" id="${id}" value="${value}" readonly autocomplete="off" data-secret>
      <button type="button" class="btn btn-quiet" data-copy>${icon('copy')}<span>${t('common.copy')}</span></button>
    </div>
  </div>`;
}

/** @param {HTMLFormElement} form */
export function listenToCopy(form) {
  find(form, '[data-copy]').addEventListener('click', async () => {
    const input = find(form, '[data-secret]');
    input.select();
    // Without permission the text is at least selected.
    await navigator.clipboard?.writeText(input.value).then(() => (find(form, '[data-copy] span').textContent = t('common.copied')), () => {});
  });
}
