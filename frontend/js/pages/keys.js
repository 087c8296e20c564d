// @ts-check
// API keys: made, shown once, revoked.
import { listKeys } from '../keys-api.js';
import { icon } from '../components/icons.js';
import { askNewKey, askToRevoke } from '../components/key-dialogs.js';
import { empty, failure, loading } from '../components/notices.js';
import { fill, find, html, on } from '../dom.js';
import { moment, t } from '../i18n.js';

/** @typedef {import('../keys-api.js').ApiKey} ApiKey */

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('keys.heading'),
  async show({ main, signal }) {
    fill(main, frame());
    const root = find(main, '[data-keys]');
    /** @type {ApiKey[]} */
    let keys = [];
    const draw = () => !signal.aborted && fill(root, list(keys));
    on(main, 'click', '[data-create]', async () => {
      const made = await askNewKey();
      if (made) keys = [...keys, made];
      draw();
    }, signal);
    on(main, 'click', '[data-revoke]', async (button) => {
      const id = Number(button.closest('[data-id]').dataset.id);
      const key = keys.find((each) => each.id === id);
      if (!key || !(await askToRevoke(key))) return;
      keys = keys.filter((each) => each !== key);
      draw();
      find(main, 'h1').focus({ preventScroll: true });
    }, signal);
    try {
      keys = await listKeys(signal);
      draw();
    } catch (error) {
      if (!signal.aborted) fill(root, failure(error));
    }
  },
};

function frame() {
  return html`<div class="page-head">
      <div>
        <h1 tabindex="-1">${t('keys.heading')}</h1>
        <p class="page-lead">${t('keys.lead')}</p>
      </div>
      <button type="button" class="btn btn-primary" data-create>${icon('plus')}${t('keys.create')}</button>
    </div>
    <div data-keys>${loading()}</div>`;
}

/** @param {ApiKey[]} keys */
function list(keys) {
  if (!keys.length) return empty({ icon: 'key', heading: t('keys.empty'), text: t('keys.empty_text') });
  return html`<ul class="user-list">${keys.map(row)}</ul>`;
}

/** @param {ApiKey} key */
function row({ id, name, prefix, scopes, username, created_at, last_used_at }) {
  const used = last_used_at ? t('keys.last_used', { moment: moment(last_used_at) }) : t('keys.never_used');
  return html`<li class="key-row" data-id="${id}">
    <div class="user-name">
      <strong>${name}</strong> ${scopes.map((scope) => html`<span class="badge-quiet">${t(`key_scope.${scope}`)}</span> `)}
      <p><code>${prefix}…</code> · ${username} · ${t('keys.since', { moment: moment(created_at) })} · ${used}</p>
    </div>
    <button type="button" class="btn btn-nok-quiet" data-revoke aria-label="${t('keys.revoke_of', { name })}">${t('keys.revoke')}</button>
  </li>`;
}
