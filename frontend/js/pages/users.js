// @ts-check
// The accounts: create, change role, disable, give a new password.
import * as api from '../api.js';
import { icon } from '../components/icons.js';
import { empty, failure, loading } from '../components/notices.js';
import { askNewUser, askPasswordReset, askRoleChange, askToDisable, enable } from '../components/user-dialogs.js';
import { fill, find, html, on } from '../dom.js';
import { moment, t } from '../i18n.js';
import { currentUser } from '../session.js';

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('users.heading'),
  async show({ main, signal }) {
    fill(main, frame());
    const root = find(main, '[data-users]');
    /** @type {api.User[]} */
    let users = [];
    const draw = () => !signal.aborted && fill(root, list(users));
    const replace = (/** @type {api.User | undefined} */ changed) => {
      if (changed) users = users.map((user) => (user.id === changed.id ? changed : user));
      draw();
    };
    const whose = (/** @type {Element} */ element) => {
      const id = Number(element.closest('[data-id]')?.getAttribute('data-id'));
      return /** @type {api.User} */ (users.find((user) => user.id === id));
    };
    on(main, 'click', '[data-create]', async () => {
      const created = await askNewUser();
      if (created) users = [...users, created];
      draw();
    }, signal);
    on(main, 'change', '[data-role]', async (select) => replace(await askRoleChange(whose(select), select.value)), signal);
    on(main, 'click', '[data-disable]', async (button) => replace(await askToDisable(whose(button))), signal);
    on(main, 'click', '[data-enable]', async (button) => replace(await enable(whose(button))), signal);
    on(main, 'click', '[data-reset]', (button) => void askPasswordReset(whose(button)), signal);
    try {
      users = await api.listUsers(signal);
      draw();
    } catch (error) {
      if (!signal.aborted) fill(root, failure(error));
    }
  },
};

function frame() {
  return html`<div class="page-head">
      <div>
        <h1 tabindex="-1">${t('users.heading')}</h1>
        <p class="page-lead">${t('users.lead')}</p>
      </div>
      <button type="button" class="btn btn-primary" data-create>${icon('plus')}${t('users.create')}</button>
    </div>
    <div data-users>${loading()}</div>`;
}

/** @param {api.User[]} users */
function list(users) {
  return html`<ul class="user-list">${users.map(row)}</ul>
    ${users.length === 1 && empty({ icon: 'users', heading: t('users.alone'), text: t('users.alone_text') })}`;
}

/** @param {api.User} user */
function row(user) {
  const { id, username, role, is_disabled } = user;
  const roles = ['user', 'admin'];
  return html`<li class="user-row ${is_disabled && 'is-disabled'}" data-id="${id}">
    <span class="initial" aria-hidden="true">${[...username][0].toUpperCase()}</span>
    <div class="user-name">
      <strong>${username}</strong>
      ${username === currentUser()?.username && html`<span class="badge-quiet">${t('users.you')}</span>`}
      ${is_disabled && html`<span class="badge-quiet badge-nok">${t('users.disabled')}</span>`}
      <p>${t('users.since', { moment: moment(user.created_at) })}</p>
    </div>
    <select class="form-select" data-role aria-label="${t('users.role_of', { username })}">
      ${roles.map((name) => html`<option value="${name}" ${name === role && html`selected`}>${t(`role.${name}`)}</option>`)}
    </select>
    <div class="user-actions">
      <button type="button" class="btn btn-quiet" data-reset aria-label="${t('users.reset_of', { username })}">${t('users.reset')}</button>
      ${is_disabled
        ? html`<button type="button" class="btn btn-quiet" data-enable aria-label="${t('users.enable_of', { username })}">${t('users.enable')}</button>`
        : html`<button type="button" class="btn btn-nok-quiet" data-disable aria-label="${t('users.disable_of', { username })}">${t('users.disable')}</button>`}
    </div>
  </li>`;
}
