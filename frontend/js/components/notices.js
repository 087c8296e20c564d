// @ts-check
// How the page says that it waits, that there is nothing, or that something failed.
import { fragment, html } from '../dom.js';
import { isWorthRetrying } from '../errors.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { icon } from './icons.js';

/** Something is on its way. */
export function loading() {
  return html`<div class="notice" role="status">
    <span class="pulse" aria-hidden="true"></span>
    <p class="visually-hidden">${t('common.loading')}</p>
  </div>`;
}

/**
 * There is nothing, and why.
 * @param {{icon: Parameters<typeof icon>[0], heading: string, text: string, action?: import('../dom.js').Markup}} facts
 */
export function empty({ icon: name, heading, text, action }) {
  return html`<div class="notice">
    <span class="notice-icon">${icon(name)}</span>
    <h2 class="notice-heading">${heading}</h2>
    <p class="notice-text">${text}</p>
    ${action}
  </div>`;
}

/**
 * It failed; where that can help, the [data-retry] button tries again.
 * @param {unknown} error
 */
export function failure(error) {
  return html`<div class="notice" role="alert">
    <span class="notice-icon notice-icon-nok">${icon('alert')}</span>
    <h2 class="notice-heading">${t('error.heading')}</h2>
    <p class="notice-text">${messageOf(error)}</p>
    ${isWorthRetrying(error) && html`<button type="button" class="btn btn-quiet" data-retry>${icon('retry')}${t('common.retry')}</button>`}
  </div>`;
}

/** One line about an error, inside a form. @param {string} text */
export function formError(text) {
  return html`<p class="form-problem" role="alert">${icon('alert')}<span>${text}</span></p>`;
}

/** A message about to be left behind by its screen may be this old, in ms: younger ones speak of the next. */
const JUST_TOLD = 1000;

/** Takes away what was told about a screen that is left. */
export function clearToasts() {
  for (const line of document.querySelectorAll('.toast-line')) {
    if (performance.now() - Number(line.getAttribute('data-since')) > JUST_TOLD) line.remove();
  }
}

/**
 * A short message that goes away by itself, or when the next one comes; screen readers read it out.
 * @param {string} text
 * @param {'done' | 'problem'} [kind]
 */
export function toast(text, kind = 'done') {
  const nodes = fragment(
    html`<div class="toast-line" data-kind="${kind}" data-since="${performance.now()}">${icon(kind === 'done' ? 'check' : 'alert')}<span>${text}</span></div>`,
  );
  const line = /** @type {HTMLElement} */ (nodes.firstElementChild);
  document.getElementById('toasts')?.replaceChildren(line);
  setTimeout(() => line.remove(), kind === 'done' ? 5000 : 8000);
}
