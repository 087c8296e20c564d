// @ts-check
// What people do with their own account.
import { getLimits } from '../api.js';
import { ApiError } from '../errors.js';
import { html } from '../dom.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { changePassword, signOutEverywhere } from '../session.js';
import { FormProblem, openDialog } from './dialog.js';
import { toast } from './notices.js';
import { passwordField, revealPasswords } from './password-field.js';

/** Asks for the old and the new password, and changes it. */
export async function askNewPassword() {
  const limits = await getLimits().catch((error) => toast(messageOf(error), 'problem'));
  if (!limits) return;
  const hint = t('account.new_password_hint', { count: limits.min_password_length });
  const isDone = await openDialog({
    title: t('account.change_password'),
    body: html`${passwordField({ name: 'current-password', label: t('account.current_password'), autocomplete: 'current-password' })}
      ${passwordField({ name: 'new-password', label: t('account.new_password'), autocomplete: 'new-password', hint })}`,
    submit: t('account.change_password'),
    onOpen: ({ form }) => revealPasswords(form),
    onSubmit: (form) => sendNewPassword(String(form.get('current-password')), String(form.get('new-password'))),
  });
  if (isDone) toast(t('account.password_changed'));
}

/** @param {string} current @param {string} wished */
async function sendNewPassword(current, wished) {
  if (!current || !wished) throw new FormProblem(t('login.fill_both'));
  try {
    await changePassword(current, wished);
  } catch (error) {
    const isWrong = error instanceof ApiError && error.code === 'credentials_wrong';
    throw isWrong ? new FormProblem(t('account.wrong_current_password')) : error;
  }
  return true;
}

/** Asks, then ends every session of the account. */
export async function askSignOutEverywhere() {
  await openDialog({
    title: t('account.sign_out_everywhere'),
    text: t('account.sign_out_everywhere_text'),
    submit: t('account.sign_out_everywhere'),
    onSubmit: () => signOutEverywhere().then(() => true),
  });
}
