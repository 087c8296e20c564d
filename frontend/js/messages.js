// @ts-check
// Errors in the words of the page's language.
import { ApiError } from './errors.js';
import { currentLanguage, hasText, t } from './i18n.js';
import { formatWait } from './format.js';

/**
 * What to tell the person. Our own text for the code; else the server's sentence, which is English.
 * @param {unknown} error
 * @param {Record<string, string>} [values] what the text may name
 */
export function messageOf(error, values = {}) {
  if (!(error instanceof ApiError)) return t('error.internal_error');
  if (error.code === 'too_many_attempts' && error.retryAfterSeconds) {
    return t('error.too_many_attempts_wait', { wait: formatWait(error.retryAfterSeconds) });
  }
  if (error.code === 'password_rejected' && currentLanguage() === 'en' && error.detail) return error.detail;
  if (hasText(`error.${error.code}`)) return t(`error.${error.code}`, values);
  return error.detail || t('error.internal_error');
}
