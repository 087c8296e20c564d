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

/** Why the person is here again, told once. @type {string | null} */
let notice = null;

/** Remembers to say that the session ended. */
export function announceExpiry() {
  notice = photoState().file ? 'login.expired_photo' : 'login.expired';
}

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('login.title'),
  show({ main, signal }) {
    fill(main, view(notice));
    notice = null;
    const form = find(main, 'form');
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
    fill(problem, formError(t('login.fill_both')));
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
    tell(problem, error, signal);
    if (error instanceof ApiError && error.code === 'credentials_wrong') find(form, '#password').select();
  }
}

/** Says what went wrong; while attempts are refused, how long still. @param {Element} problem @param {unknown} error @param {AbortSignal} signal */
function tell(problem, error, signal) {
  fill(problem, formError(messageOf(error)));
  if (!(error instanceof ApiError) || !error.retryAfterSeconds) return;
  const line = find(problem, 'span');
  const end = Date.now() + error.retryAfterSeconds * 1000;
  // Only the sight of it counts down: screen readers were told once.
  line.parentElement.setAttribute('aria-live', 'off');
  const timer = setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (signal.aborted || !line.isConnected || left <= 0) {
      clearInterval(timer);
      if (line.isConnected) problem.replaceChildren();
      return;
    }
    line.textContent = messageOf(new ApiError(error.code, { retryAfterSeconds: left }));
  }, 1000);
}
