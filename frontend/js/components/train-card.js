// @ts-check
// The card that starts a training, and shows the one that runs.
import { html } from '../dom.js';
import { can } from '../engine.js';
import { currentLanguage, number, percent, plural, t } from '../i18n.js';
import { href } from '../router.js';
import { obstacle, roundedWait } from '../training-plan.js';
import { icon } from './icons.js';
import { projectAddress } from './project-card.js';

/** @typedef {import('../training-api.js').Iteration} Iteration @typedef {import('../training-api.js').Project} Project @typedef {import('../training-api.js').Tag} Tag */

const STAGES = ['embedding', 'fitting', 'evaluating', 'storing'];
const BUDGETS = [1, 2, 4, 8, 24];
const MOST_NAMED = 3;

/** Ready to train, or why not. @param {Project} project @param {Tag[]} tags */
export function startCard(project, tags) {
  const hindrance = obstacle(tags);
  return html`<section class="card-section train-card" aria-labelledby="train-heading">
    <h2 class="section-heading" id="train-heading">${t('training.heading')}</h2>
    <p class="section-lead">${hindrance ? whyNot(hindrance) : plural('training.ready', project.image_count - project.untagged_count)}</p>
    <form data-train-form>
      <div class="train-actions">
        <button type="submit" class="btn btn-primary btn-lg" ${hindrance && html`disabled`} aria-describedby="train-heading">${icon('layers')}${t('training.train')}</button>
        ${hindrance && html`<a class="btn btn-quiet btn-lg" href="${href(projectAddress(project.id))}">${icon('photo')}${t('images.add')}</a>`}
      </div>
      ${!hindrance && options()}
      <div data-problem></div>
    </form>
  </section>`;
}

function options() {
  return html`<details class="train-options">
    <summary>${t('training.options')}${icon('chevron')}</summary>
    <label class="check-row"><input type="checkbox" class="form-check-input" name="advanced">
      <span><strong>${t('training.advanced')}</strong><small>${t('training.advanced_text')}</small></span></label>
    <div class="field train-budget"><label class="form-label" for="budget">${t('training.budget')}</label>
      <select class="form-select" id="budget" name="budget">${BUDGETS.map((hours) => html`<option value="${hours}">${plural('training.hours', hours)}</option>`)}</select></div>
  </details>`;
}

/** @param {NonNullable<ReturnType<typeof obstacle>>} hindrance */
function whyNot(hindrance) {
  if (hindrance.code === 'too_few_tags') return t('training.too_few_tags');
  const named = hindrance.lacking.slice(0, MOST_NAMED).map(({ name, count }) => t('training.lacking', { name, count: number(count) }));
  const more = hindrance.lacking.length - named.length;
  if (more > 0) named.push(plural('training.lacking_more', more));
  return t('training.too_few_images', { tags: new Intl.ListFormat(currentLanguage()).format(named) });
}

/** @param {Iteration} iteration which is queued or being trained */
export function progressCard(iteration) {
  return html`<section class="card-section train-card is-running" aria-labelledby="train-heading">
    <div class="train-head">
      <h2 class="section-heading" id="train-heading">${t('training.running', { name: iteration.name })}</h2>
      ${can('cancel') && html`<button type="button" class="btn btn-quiet" data-cancel-training>${t('common.cancel')}</button>`}
    </div>
    ${can('progress') ? html`<p class="train-percent" data-percent></p>
    <div class="train-bar" role="progressbar" aria-labelledby="train-heading" aria-valuemin="0" aria-valuemax="100" data-bar></div>
    <ol class="train-stages" aria-label="${t('training.stages')}">${STAGES.map((stage) => html`<li data-stage-name="${stage}">${t(`training_stage.${stage}`)}</li>`)}</ol>
    <p class="train-left" data-left></p>` : html`<p class="section-lead"><span class="pulse" aria-hidden="true"></span> ${t('training.elsewhere')}</p>`}
    <p class="visually-hidden" role="status" data-stage-said></p>
  </section>`;
}

/** Brings a progressCard up to date. @param {HTMLElement} card @param {Iteration} iteration @param {boolean} [isSilent] nothing has moved for long */
export function moveProgress(card, { status, stage, progress, seconds_left }, isSilent = false) {
  const at = STAGES.indexOf(stage ?? '');
  const bar = /** @type {HTMLElement | null} */ (card.querySelector('[data-bar]'));
  if (!bar) return;
  bar.style.setProperty('--share', String(progress));
  bar.setAttribute('aria-valuenow', String(Math.round(progress * 100)));
  const set = (/** @type {string} */ name, /** @type {string} */ text) => {
    const element = card.querySelector(`[data-${name}]`);
    if (element && element.textContent !== text) element.textContent = text;
  };
  set('percent', status === 'queued' ? t('training.queued') : percent(Math.floor(progress * 100) / 100).replace(/[.,]0(?=\s?%)/, ''));
  const left = seconds_left === null || status === 'queued' ? '' : t('training.left', { wait: roundedWait(seconds_left) });
  set('left', isSilent && status !== 'queued' ? t('training.silent') : left);
  set('stage-said', at < 0 ? t('training.queued') : t(`training_stage.${STAGES[at]}`));
  card.querySelectorAll('[data-stage-name]').forEach((item, index) => {
    item.classList.toggle('is-done', index < at);
    if (index === at) item.setAttribute('aria-current', 'step');
    else item.removeAttribute('aria-current');
  });
}
