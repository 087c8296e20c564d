// @ts-check
// One wrong prediction: the image large, what the model thought, and what is right.
import { getWrongPrediction, relabelWrongPrediction } from '../api.js';
import { askToAddToTraining } from '../components/add-to-training.js';
import { icon } from '../components/icons.js';
import { empty, failure, loading, toast } from '../components/notices.js';
import { predictionTable } from '../components/prediction-table.js';
import { loadPrivateImages, privateImage } from '../components/private-image.js';
import { askTag, loadTags } from '../components/tag-dialog.js';
import { correctTag } from '../components/wrong-card.js';
import { askToDelete } from '../components/wrong-deletion.js';
import { WRONG_PREDICTIONS } from '../components/wrong-filters.js';
import { fill, find, html, on } from '../dom.js';
import { ApiError } from '../errors.js';
import { modelName } from '../format.js';
import { moment, t } from '../i18n.js';
import { removeFromReview, replaceInReview, reviewAddress } from '../review.js';
import { go, HOME, href } from '../router.js';

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('wrong.heading'),
  async show({ main, params, signal }) {
    fill(main, frame(params.id));
    const root = find(main, '[data-detail]');
    try {
      let wrong = await getWrongPrediction(encodeURIComponent(params.id), signal);
      drawDetail(root, wrong, signal);
      on(root, 'click', '[data-relabel]', async () => {
        const changed = await relabel(wrong);
        if (!changed || signal.aborted) return;
        wrong = changed;
        replaceInReview(changed);
        fill(find(root, '[data-correct]'), correctSection(changed));
        find(root, '[data-relabel]').focus();
      }, signal);
      on(root, 'click', '[data-learn]', async () => {
        if (!wrong.correct_tag) wrong = (await relabel(wrong)) ?? wrong;
        if (!wrong.correct_tag || signal.aborted) return;
        replaceInReview(wrong);
        fill(find(root, '[data-correct]'), correctSection(wrong));
        if (!(await askToAddToTraining([wrong])).length) return;
        removeFromReview(wrong.id);
        go(reviewAddress() ?? WRONG_PREDICTIONS);
      }, signal);
      on(root, 'click', '[data-delete]', async () => {
        if (!(await askToDelete([wrong.id]))) return;
        removeFromReview(wrong.id);
        go(reviewAddress() ?? WRONG_PREDICTIONS);
      }, signal);
    } catch (error) {
      if (!signal.aborted) fill(root, isGone(error) ? gone() : failure(error));
    }
  },
};

/** An id that is no number is refused as one that names nothing. @param {unknown} error */
const isGone = (error) => error instanceof ApiError && (error.status === 404 || error.status === 422);

/** @param {string} id */
function frame(id) {
  return html`<div class="page-head">
      <div>
        <a class="back-link" href="${href(reviewAddress() ?? WRONG_PREDICTIONS)}">${icon('arrow')}${t('wrong.heading')}</a>
        <h1 tabindex="-1">${t('wrong.detail_title', { id })}</h1>
      </div>
      <button type="button" class="btn btn-quiet" data-go="${HOME}">${icon('home')}${t('common.home')}</button>
    </div>
    <div data-detail>${loading()}</div>`;
}

function gone() {
  const action = html`<a class="btn btn-primary" href="${href(WRONG_PREDICTIONS)}">${t('wrong.all')}</a>`;
  return empty({ icon: 'check', heading: t('wrong.gone'), text: t('wrong.gone_text'), action });
}

/** @param {HTMLElement} root @param {import('../api.js').WrongPrediction} wrong @param {AbortSignal} signal */
function drawDetail(root, wrong, signal) {
  const { tag, username } = wrong;
  fill(root, html`<div class="detail">
    <div class="detail-photo">${privateImage(wrong.image_url, t('wrong.image_alt', { tag, username }), true)}</div>
    <div class="detail-text">
      <section data-correct>${correctSection(wrong)}</section>
      <section>
        <h2 class="section-heading">${t('predictions.heading')}</h2>
        ${predictionTable(wrong.predictions)}
      </section>
      <section>
        <h2 class="section-heading">${t('wrong.details')}</h2>
        <dl class="fact-list">
          <div><dt>${t('wrong.uploader')}</dt><dd>${username}</dd></div>
          <div><dt>${t('wrong.when')}</dt><dd><time datetime="${wrong.created_at}">${moment(wrong.created_at)}</time></dd></div>
          <div><dt>${t('wrong.iteration')}</dt><dd>${modelName(wrong)}</dd></div>
        </dl>
      </section>
      <div class="detail-actions">
        <button type="button" class="btn btn-quiet" data-learn>${icon('layers')}${t('learn.action')}</button>
        <button type="button" class="btn btn-nok-quiet" data-delete>${icon('trash')}${t('common.delete')}</button>
      </div>
    </div>
  </div>`);
  loadPrivateImages(root, signal);
}

/** @param {import('../api.js').WrongPrediction} wrong */
function correctSection({ correct_tag }) {
  return html`<h2 class="section-heading">${t('tag.label')}</h2>
    <div class="correct-row">
      ${correctTag(correct_tag)}
      <button type="button" class="btn btn-primary" data-relabel>${icon('tag')}${t('wrong.relabel')}</button>
    </div>`;
}

/** @param {import('../api.js').WrongPrediction} wrong @returns {Promise<import('../api.js').WrongPrediction | undefined>} */
async function relabel({ id, correct_tag, predictions }) {
  const changed = await askTag({
    title: t('wrong.relabel'),
    text: t('wrong.relabel_text'),
    submit: t('verdict.send'),
    value: correct_tag ?? '',
    suggestions: predictions.slice(1).map(({ tag }) => tag),
    loadMore: loadTags,
    secondary: correct_tag === null ? html`` : html`<button type="button" class="btn btn-quiet" data-clear-tag>${t('wrong.relabel_clear')}</button>`,
    onOpen: ({ form }) => {
      form.querySelector('[data-clear-tag]')?.addEventListener('click', () => {
        find(form, '#tag-input').value = '';
        form.requestSubmit();
      });
    },
    onSubmit: (tag) => relabelWrongPrediction(id, tag || null),
  });
  if (changed) toast(t('wrong.relabelled'));
  return changed;
}
