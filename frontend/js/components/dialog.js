// @ts-check
// Modal dialogs on the browser's own <dialog>: it keeps the focus inside and closes on Escape.
import { fill, find, fragment, html } from '../dom.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { icon } from './icons.js';
import { formError } from './notices.js';

let count = 0;

/**
 * @typedef {{close: (result?: any) => void, form: HTMLFormElement, dialog: HTMLDialogElement}} Opened
 * @typedef {{title: string, text?: string, body?: import('../dom.js').Markup, submit: string, danger?: boolean,
 *   secondary?: import('../dom.js').Markup, cancel?: boolean, wide?: boolean,
 *   onOpen?: (opened: Opened) => void, onSubmit?: (form: FormData, opened: Opened) => any}} DialogFacts
 */

/** @param {DialogFacts} facts @param {string} id */
function dialogMarkup({ title, text, body, submit, danger, secondary, cancel = true, wide }, id) {
  return html`<dialog class="sheet ${wide && 'is-wide'}" aria-labelledby="${id}">
    <form class="sheet-form" novalidate>
      <header class="sheet-head">
        <h2 id="${id}" class="sheet-title">${title}</h2>
        <button type="button" class="btn btn-icon" data-dismiss aria-label="${t('common.close')}">${icon('cross')}</button>
      </header>
      ${text && html`<p class="sheet-text">${text}</p>`} ${body}
      <div data-problem></div>
      <footer class="sheet-actions">
        ${secondary}
        ${cancel && html`<button type="button" class="btn btn-quiet" data-dismiss>${t('common.cancel')}</button>`}
        <button type="submit" class="btn ${danger ? 'btn-nok' : 'btn-primary'}">${submit}</button>
      </footer>
    </form>
  </dialog>`;
}

/**
 * Asks something. `onSubmit` may refuse by throwing: its message is shown and the dialog stays.
 * Leaving the screen closes it.
 * @param {DialogFacts} facts
 * @returns {Promise<any>} what onSubmit gave; undefined when dismissed
 */
export function openDialog(facts) {
  const { promise, resolve } = withResolvers();
  const dialog = /** @type {HTMLDialogElement} */ (
    fragment(dialogMarkup(facts, `dialog-${++count}`)).firstElementChild
  );
  const form = find(dialog, 'form');
  const opener = document.activeElement;
  const close = (/** @type {any} */ result) => {
    resolve(result);
    dialog.close();
    leave();
  };
  // At once, for the event of closing comes later than what follows on the answer.
  const leave = () => {
    if (!dialog.isConnected) return;
    dialog.remove();
    removeEventListener('hashchange', dismiss);
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  };
  const opened = { close, form, dialog };
  dialog.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target === dialog || target.closest('[data-dismiss]')) close(undefined);
  });
  dialog.addEventListener('close', () => {
    resolve(undefined);
    leave();
  });
  const dismiss = () => close(undefined);
  addEventListener('hashchange', dismiss);
  form.addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    void submitForm(facts, opened);
  });
  document.body.append(dialog);
  dialog.showModal();
  facts.onOpen?.(opened);
  focusFirst(dialog);
  return promise;
}

/** The first field, its text ready to be typed over; in a question, Cancel. A touch screen's keyboard waits until it is asked for. @param {HTMLDialogElement} dialog */
function focusFirst(dialog) {
  const field = /** @type {HTMLElement | null} */ (dialog.querySelector('input, select'));
  const safe = /** @type {HTMLElement | null} */ (dialog.querySelector('footer [data-dismiss], footer [type=submit]'));
  if (!field) safe?.focus();
  else if (matchMedia('(hover: hover)').matches) {
    field.focus();
    if (field instanceof HTMLInputElement) field.select();
  }
}

/** @param {DialogFacts} facts @param {Opened} opened */
async function submitForm({ onSubmit }, opened) {
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (opened.form.querySelectorAll('footer button'));
  const problem = find(opened.form, '[data-problem]');
  buttons.forEach((button) => (button.disabled = true));
  try {
    opened.close(onSubmit ? await onSubmit(new FormData(opened.form), opened) : true);
  } catch (error) {
    fill(problem, formError(error instanceof FormProblem ? error.message : messageOf(error)));
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

/** What the person entered cannot be sent; the message says why. */
export class FormProblem extends Error {}

/** @returns {{promise: Promise<any>, resolve: (value: any) => void}} */
function withResolvers() {
  /** @type {(value: any) => void} */
  let resolve = () => {};
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
