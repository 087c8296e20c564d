// @ts-check
// State 0: who are you? Leads back to the address that was asked for.
import { mark } from '../components/icons.js';
import { formError } from '../components/notices.js';
import { passwordField, revealPasswords } from '../components/password-field.js';
import { fill, find, html } from '../dom.js';
import { ApiError } from '../errors.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { photoState } from '../photo.js';
import { signIn } from '../session.js';

/** @typedef {{error: ApiError | null, until: number}} Refusal null when nothing was asked, for a field was empty; 0 when there is no time to wait */

/** Why the person is here again, told once. @type {string | null} */
let notice = null;

/** What this visit of the screen has told, to be told again in another language. */
const told = { notice: /** @type {string | null} */ (null), refusal: /** @type {Refusal | null} */ (null) };

/** Remembers to say that the session ended. */
export function announceExpiry() {
  notice = photoState().file ? 'login.expired_photo' : 'login.expired';
}

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('login.title'),
  show({ main, signal }) {
    // The same screen in another language: what was typed and told stays.
    const before = main.querySelector('.login-form');
    const typed = before && new FormData(/** @type {HTMLFormElement} */ (before));
    if (!before) Object.assign(told, { notice, refusal: null });
    notice = null;
    fill(main, view(told.notice));
    const form = find(main, 'form');
    for (const [name, value] of typed ?? []) find(form, `#${name}`).value = value;
    if (told.refusal) tell(find(form, '[data-problem]'), told.refusal, signal);
    revealPasswords(form, signal);
    form.addEventListener('submit', (/** @type {Event} */ event) => {
      event.preventDefault();
      void submit(form, signal);
    });
  },
};

/** @param {string | null} key */
function view(key) {
  return html`<div class="login">
    <div class="login-mark">${mark()}</div>
    <h1 tabindex="-1">${t('login.heading')}</h1>
    <p class="login-lead">${t('login.lead')}</p>
    ${key && html`<p class="login-notice" role="status">${t(key)}</p>`}
    <form class="login-form" novalidate>
      <div class="field">
        <label class="form-label" for="username">${t('login.username')}</label>
        <input class="form-control" id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required>
      </div>
      ${passwordField({ name: 'password', label: t('login.password'), autocomplete: 'current-password' })}
      <div data-problem></div>
      <button type="submit" class="btn btn-primary btn-lg w-100">${t('login.submit')}</button>
    </form>
  </div>`;
}

/** @param {HTMLFormElement} form @param {AbortSignal} signal */
async function submit(form, signal) {
  const data = new FormData(form);
  const username = String(data.get('username')).trim();
  const password = String(data.get('password'));
  const problem = find(form, '[data-problem]');
  if (!username || !password) {
    tell(problem, (told.refusal = { error: null, until: 0 }), signal);
    find(form, username ? '#password' : '#username').focus();
    return;
  }
  const button = find(form, '[type=submit]');
  button.disabled = true;
  button.textContent = t('login.submitting');
  try {
    await signIn(username, password);
  } catch (error) {
    if (signal.aborted) return;
    button.disabled = false;
    button.textContent = t('login.submit');
    tell(problem, (told.refusal = refusalOf(error)), signal);
    if (error instanceof ApiError && error.code === 'credentials_wrong') find(form, '#password').select();
  }
}

/** @param {unknown} error @returns {Refusal} */
function refusalOf(error) {
  const known = error instanceof ApiError ? error : new ApiError('internal_error');
  return { error: known, until: known.retryAfterSeconds ? Date.now() + known.retryAfterSeconds * 1000 : 0 };
}

/** Says what went wrong; while attempts are refused, how long still. @param {Element} problem @param {Refusal} refusal @param {AbortSignal} signal */
function tell(problem, { error, until }, signal) {
  const left = () => Math.ceil((until - Date.now()) / 1000);
  if (until && left() <= 0) return;
  const message = () =>
    error ? messageOf(until ? new ApiError(error.code, { retryAfterSeconds: left() }) : error) : t('login.fill_both');
  fill(problem, formError(message()));
  if (!until) return;
  const line = find(problem, 'span');
  // Only the sight of it counts down: screen readers were told once.
  line.parentElement.setAttribute('aria-live', 'off');
  const timer = setInterval(() => {
    if (signal.aborted || !line.isConnected || left() <= 0) {
      clearInterval(timer);
      if (line.isConnected) problem.replaceChildren();
      return;
    }
    line.textContent = message();
  }, 1000);
}
