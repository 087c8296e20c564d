// @ts-check
// What an admin does to an account, each with its question.
import * as api from '../api.js';
import { html } from '../dom.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { currentUser } from '../session.js';
import { FormProblem, openDialog } from './dialog.js';
import { toast } from './notices.js';
import { listenToCopy, secretField } from './secret-field.js';

/** @typedef {import('../api.js').User} User */

const USERNAME = /^[A-Za-z0-9._@+-]{1,50}$/;

/** @returns {Promise<User | undefined>} the account, once its password was shown */
export async function askNewUser() {
  const created = await openDialog({
    title: t('users.create'),
    body: html`<div class="field">
        <label class="form-label" for="new-username">${t('users.username')}</label>
        <input class="form-control" id="new-username" name="username" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="50" required aria-describedby="new-username-hint">
        <p class="form-text" id="new-username-hint">${t('users.create_hint')}</p>
      </div>
      <div class="field">
        <label class="form-label" for="new-role">${t('users.role')}</label>
        <select class="form-select" id="new-role" name="role">
          <option value="user">${t('role.user')}</option>
          <option value="admin">${t('role.admin')}</option>
        </select>
      </div>`,
    submit: t('users.create_submit'),
    onSubmit: (form) => {
      const username = String(form.get('username')).trim();
      if (!USERNAME.test(username)) throw new FormProblem(t('users.username_invalid'));
      return api.createUser(username, String(form.get('role')));
    },
  });
  if (created) await showPassword(created);
  return created?.user;
}

/** @param {User} user */
export async function askPasswordReset(user) {
  const { username } = user;
  const reset = await openDialog({
    title: t('users.reset_of', { username }),
    text: t('users.reset_text', { username }),
    submit: t('users.reset_submit'),
    onSubmit: () => api.resetPassword(user.id),
  });
  if (reset) await showPassword(reset);
}

/** The only time a generated password is seen. @param {api.UserWithPassword} answer */
async function showPassword({ user, password }) {
  if (!password) return;
  await openDialog({
    title: t('users.password_heading', { username: user.username }),
    text: t('users.password_text'),
    body: secretField({ id: 'generated-password', label: t('users.password_label'), value: password }),
    submit: t('common.done'),
    cancel: false,
    onOpen: ({ form }) => listenToCopy(form),
  });
}

/** @param {User} user */
const isMe = (user) => user.id === currentUser()?.id;

/** @param {User} user @param {string} role @returns {Promise<User | undefined>} */
export function askRoleChange(user, role) {
  const { username } = user;
  return change(user, { role }, {
    title: t('users.role_change', { username, role: t(`role.${role}`) }),
    text: t(isMe(user) ? 'users.role_change_self' : 'users.role_change_text'),
    submit: t('users.role_change_submit'),
  });
}

/** @param {User} user @returns {Promise<User | undefined>} */
export function askToDisable(user) {
  const { username } = user;
  return change(user, { is_disabled: true }, {
    title: t('users.disable_of', { username }),
    text: isMe(user) ? t('users.disable_self') : t('users.disable_text', { username }),
    submit: t('users.disable'),
    danger: true,
  });
}

/** @param {User} user @returns {Promise<User | undefined>} */
export async function enable(user) {
  try {
    return told(await api.changeUser(user.id, { is_disabled: false }));
  } catch (error) {
    toast(messageOf(error), 'problem');
  }
}

/** @param {User} user @param {{role?: string, is_disabled?: boolean}} wished @param {import('./dialog.js').DialogFacts} question */
async function change(user, wished, question) {
  const changed = await openDialog({ ...question, onSubmit: () => api.changeUser(user.id, wished) });
  return changed && told(changed);
}

/** @param {User} user */
function told(user) {
  toast(t('users.changed', { username: user.username }));
  return user;
}
