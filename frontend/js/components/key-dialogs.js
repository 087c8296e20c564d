// @ts-check
// Making and revoking API keys.
import { createKey, revokeKey } from '../keys-api.js';
import { html } from '../dom.js';
import { t } from '../i18n.js';
import { FormProblem, openDialog } from './dialog.js';
import { toast } from './notices.js';
import { listenToCopy, secretField } from './secret-field.js';

/** @typedef {import('../keys-api.js').ApiKey} ApiKey */

const SCOPES = ['predict', 'train'];

/** Creates a key and shows it, once. @returns {Promise<ApiKey | undefined>} */
export async function askNewKey() {
  const made = await openDialog({
    title: t('keys.create'),
    body: html`<div class="field">
        <label class="form-label" for="key-name">${t('keys.name')}</label>
        <input class="form-control" id="key-name" name="name" maxlength="100" autocomplete="off" aria-describedby="key-name-hint" required>
        <p class="form-text" id="key-name-hint">${t('keys.name_hint')}</p>
      </div>
      <fieldset class="field choice-cards">
        <legend class="form-label">${t('keys.scopes')}</legend>
        ${SCOPES.map((scope) => html`<label class="choice-card"><input type="checkbox" class="form-check-input" name="scope" value="${scope}" ${scope === 'predict' && html`checked`}>
          <span><strong>${t(`key_scope.${scope}`)}</strong><small>${t(`key_scope.${scope}_text`)}</small></span></label>`)}
      </fieldset>`,
    submit: t('keys.create_submit'),
    onSubmit: (form) => {
      const name = String(form.get('name')).trim();
      const scopes = form.getAll('scope').map(String);
      if (!name) throw new FormProblem(t('keys.name_missing'));
      if (!scopes.length) throw new FormProblem(t('keys.scope_missing'));
      return createKey(name, scopes);
    },
  });
  if (made) await showKey(made);
  return made;
}

/** @param {ApiKey & {key: string}} made */
function showKey({ name, key }) {
  return openDialog({
    title: t('keys.shown_heading', { name }),
    text: t('keys.shown_text'),
    body: secretField({ id: 'shown-key', label: t('keys.shown_label'), value: key }),
    submit: t('common.done'),
    cancel: false,
    onOpen: ({ form }) => listenToCopy(form),
  });
}

/** @param {ApiKey} key @returns {Promise<boolean>} whether it is gone */
export async function askToRevoke({ id, name }) {
  const isGone = await openDialog({
    title: t('keys.revoke_title', { name }),
    text: t('keys.revoke_text'),
    submit: t('keys.revoke'),
    danger: true,
    onSubmit: () => revokeKey(id).then(() => true),
  });
  if (isGone) toast(t('keys.revoked', { name }));
  return Boolean(isGone);
}
