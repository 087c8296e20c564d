// @ts-check
// Deleting wrong predictions: asked first, and calm when another admin was faster.
import { deleteWrongPredictions } from '../api.js';
import { plural, t } from '../i18n.js';
import { openDialog } from './dialog.js';
import { toast } from './notices.js';

/** The API takes this many at once. */
const MOST_AT_ONCE = 200;

/**
 * Asks, then deletes.
 * @param {number[]} ids
 * @returns {Promise<boolean>} whether they are gone
 */
export async function askToDelete(ids) {
  const result = await openDialog({
    title: plural('wrong.confirm_delete', ids.length),
    text: plural('wrong.confirm_delete_text', ids.length),
    submit: t('common.delete'),
    danger: true,
    onSubmit: () => deleteAll(ids),
  });
  if (!result) return false;
  const { deleted, missing } = result;
  const told = [
    deleted > 0 && plural('wrong.deleted', deleted),
    missing > 0 && plural('wrong.already_gone', missing),
  ];
  toast(told.filter(Boolean).join(' '));
  return true;
}

/** @param {number[]} ids */
async function deleteAll(ids) {
  let deleted = 0;
  let missing = 0;
  for (let start = 0; start < ids.length; start += MOST_AT_ONCE) {
    const answer = await deleteWrongPredictions(ids.slice(start, start + MOST_AT_ONCE));
    deleted += answer.deleted.length;
    missing += answer.missing.length;
  }
  return { deleted, missing };
}
