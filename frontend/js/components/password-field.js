// @ts-check
// A password input with a button that shows what was typed.
import { find, html, on } from '../dom.js';
import { t } from '../i18n.js';
import { icon } from './icons.js';

/**
 * @param {{name: string, label: string, autocomplete: string, hint?: string}} facts
 */
export function passwordField({ name, label, autocomplete, hint }) {
  return html`<div class="field">
    <label class="form-label" for="${name}">${label}</label>
    <div class="password">
      <input class="form-control" type="password" id="${name}" name="${name}" autocomplete="${autocomplete}"
        autocapitalize="none" spellcheck="false" required ${hint && html`aria-describedby="${name}-hint"`}>
      <button type="button" class="btn btn-icon" data-reveal aria-label="${t('common.show_password')}" aria-pressed="false">${icon('eye')}</button>
    </div>
    ${hint && html`<p class="form-text" id="${name}-hint">${hint}</p>`}
  </div>`;
}

/**
 * Makes the show buttons under `root` work.
 * @param {HTMLElement} root
 * @param {AbortSignal} [signal]
 */
export function revealPasswords(root, signal) {
  on(root, 'click', '[data-reveal]', (button) => {
    const input = find(button.parentElement, 'input');
    const isShown = input.type === 'text';
    input.type = isShown ? 'password' : 'text';
    button.setAttribute('aria-pressed', String(!isShown));
    button.setAttribute('aria-label', t(isShown ? 'common.show_password' : 'common.hide_password'));
    button.classList.toggle('is-on', !isShown);
  }, signal);
}
