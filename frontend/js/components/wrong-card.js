// @ts-check
// One wrong prediction in the list: its image, what was predicted, what is right, whose it is.
import { html } from '../dom.js';
import { modelName } from '../format.js';
import { moment, percent, t } from '../i18n.js';
import { href } from '../router.js';
import { icon } from './icons.js';
import { privateImage } from './private-image.js';
import { WRONG_PREDICTIONS } from './wrong-filters.js';

/** @param {import('../api.js').WrongPrediction} wrong @param {boolean} isSelected */
export function wrongCard(wrong, isSelected) {
  const { id, tag, username } = wrong;
  return html`<li class="wrong-card" data-id="${id}">
    <a class="wrong-card-image" href="${href(`${WRONG_PREDICTIONS}/${id}`)}" aria-label="${t('wrong.open', { tag, username })}">
      ${privateImage(wrong.thumbnail_url, t('wrong.image_alt', { tag, username }))}
    </a>
    <label class="wrong-card-select">
      <input type="checkbox" class="form-check-input" data-select aria-label="${t('wrong.select', { tag, username })}" ${isSelected && html`checked`}>
    </label>
    <div class="wrong-card-text">
      <div class="wrong-card-line">
        <strong class="wrong-card-tag">${tag}</strong>
        <span class="wrong-card-percent">${percent(wrong.probability)}</span>
      </div>
      ${correctTag(wrong.correct_tag)}
      <div class="wrong-card-line wrong-card-foot">
        <p>
          <span title="${username}">${t('wrong.uploaded_by', { username })}</span>
          <span><time datetime="${wrong.created_at}">${moment(wrong.created_at)}</time></span>
          <span title="${modelName(wrong)}">${modelName(wrong)}</span>
        </p>
        <button type="button" class="btn btn-icon" data-delete aria-label="${t('wrong.delete_one', { tag, username })}" title="${t('common.delete')}">${icon('trash')}</button>
      </div>
    </div>
  </li>`;
}

/** @param {string | null} tag */
export function correctTag(tag) {
  return tag
    ? html`<p class="correct-tag">${icon('check')}<span class="visually-hidden">${t('wrong.correct')}</span><span>${tag}</span></p>`
    : html`<p class="correct-tag is-unknown">${icon('tag')}<span>${t('wrong.correct_unknown')}</span></p>`;
}
