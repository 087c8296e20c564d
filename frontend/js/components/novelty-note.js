// @ts-check
// "None of these": said calmly beside the probabilities, not instead of them.
import { html } from '../dom.js';
import { t } from '../i18n.js';
import { icon } from './icons.js';

/** @param {import('../api.js').Prediction} prediction */
export function noveltyNote({ novelty }) {
  return novelty?.is_novel && html`<p class="novelty" role="note">${icon('info')}<span><strong>${t('novelty.heading')}</strong> ${t('novelty.text')}</span></p>`;
}
