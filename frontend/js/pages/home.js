// @ts-check
// State 1: a photo in, predictions out, and the person's verdict on them.
import { icon } from '../components/icons.js';
import { isBusyElsewhere, takePhotos } from '../components/incoming-photos.js';
import { noveltyNote } from '../components/novelty-note.js';
import { ghostTable, showPredictions } from '../components/prediction-table.js';
import { giveVerdict, verdictSection } from '../components/verdict.js';
import { drawViewfinder, fileNotes, viewfinderFrame } from '../components/viewfinder.js';
import { fill, find, html, on } from '../dom.js';
import { modelName } from '../format.js';
import { bytes, percent, t } from '../i18n.js';
import { acceptAttribute } from '../image-files.js';
import * as photo from '../photo.js';
import { currentUser } from '../session.js';

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('home.title'),
  show({ main, signal }) {
    fill(main, skeleton());
    listen(main, signal);
    const draw = () => drawState(main, signal);
    photo.photoChanges.addEventListener('change', draw, { signal });
    draw();
    void photo.loadLimits().then(() => !signal.aborted && drawLimits(main), () => {});
  },
};

function skeleton() {
  return html`<div class="home">
    <div class="page-head">
      <h1 tabindex="-1">${t('home.greeting', { username: currentUser()?.username ?? '' })}</h1>
    </div>
    ${viewfinderFrame()}
    <div class="home-answer">
      <section aria-labelledby="predictions-heading">
        <h2 class="section-heading" id="predictions-heading">${t('predictions.heading')}</h2>
        <div data-predictions></div>
        <div data-novelty></div>
      </section>
      <section class="home-verdict" aria-labelledby="verdict-heading" data-verdict-section hidden></section>
      <p class="facts" data-facts></p>
      <p class="visually-hidden" role="status" data-announcement></p>
    </div>
    <div class="home-actions">
      <button type="button" class="btn btn-primary btn-lg" data-browse>${icon('photo')}${t('home.browse')}</button>
      <button type="button" class="btn btn-quiet btn-lg touch-only" data-camera>${icon('camera')}${t('home.camera')}</button>
      <div class="home-notes" data-notes></div>
    </div>
    <input type="file" id="file-input" data-testid="file-input" hidden>
    <input type="file" id="camera-input" data-testid="camera-input" accept="image/*" capture="environment" hidden>
  </div>`;
}

/** @param {HTMLElement} main */
function drawLimits(main) {
  const limits = photo.photoLimits();
  fill(find(main, '[data-notes]'), fileNotes(limits));
  find(main, '#file-input').accept = acceptAttribute(limits.formats);
}

/** @param {HTMLElement} main @param {AbortSignal} signal */
function drawState(main, signal) {
  const state = photo.photoState();
  drawLimits(main);
  const home = find(main, '.home');
  drawViewfinder(find(main, '.viewfinder'), state, photo.photoLimits());
  // Progress changes the frame only.
  const shown = state.stage === 'answered' ? (state.prediction?.id ?? 'answered') : state.stage;
  if (home.dataset.shown === shown) return;
  home.dataset.shown = shown;
  home.dataset.stage = state.stage;
  const browse = find(main, '[data-browse]');
  // One main action at a time: first the photo, then the verdict.
  browse.classList.toggle('btn-primary', state.stage === 'empty' || state.stage === 'refused');
  browse.classList.toggle('btn-quiet', !browse.classList.contains('btn-primary'));
  drawAnswer(main, state, signal);
}

/** @param {HTMLElement} main @param {photo.PhotoState} state @param {AbortSignal} signal */
function drawAnswer(main, { stage, prediction }, signal) {
  const table = find(main, '[data-predictions]');
  const verdict = find(main, '[data-verdict-section]');
  const announcement = find(main, '[data-announcement]');
  verdict.hidden = !prediction?.id;
  if (!prediction) {
    const isWaiting = stage === 'uploading' || stage === 'looking' || stage === 'shrinking';
    fill(table, html`${ghostTable(isWaiting)} ${!isWaiting && html`<p class="section-lead">${t('predictions.empty')}</p>`}`);
    fill(verdict, html``);
    fill(find(main, '[data-novelty]'), html``);
    find(main, '[data-facts]').textContent = '';
    announcement.textContent = stage === 'looking' ? t('home.looking') : '';
    return;
  }
  const { image, predictions } = prediction;
  showPredictions(table, predictions, signal);
  fill(find(main, '[data-novelty]'), html`${noveltyNote(prediction)}`);
  if (prediction.id) fill(verdict, verdictSection());
  find(main, '[data-facts]').textContent = t('predictions.facts', {
    iteration: modelName(prediction), width: image.width, height: image.height, size: bytes(image.size_bytes),
  });
  const [first] = predictions;
  if (first) announcement.textContent = t('predictions.answer', { tag: first.tag, percent: percent(first.probability) });
  // In one column, from the photo down to the verdict, which keeps to the lower edge.
  if (matchMedia('(max-width: 991.98px)').matches) find(main, '.viewfinder').scrollIntoView({ block: 'start' });
}

/** @param {HTMLElement} main @param {AbortSignal} signal */
function listen(main, signal) {
  for (const name of ['file', 'camera']) {
    const input = find(main, `#${name}-input`);
    const trigger = name === 'file' ? '[data-browse], .viewfinder[data-stage="empty"]' : '[data-camera]';
    on(main, 'click', trigger, () => input.click(), signal);
    input.addEventListener('change', () => {
      take(input.files[0]);
      input.value = '';
    });
  }
  on(main, 'click', '[data-cancel]', cancel, signal);
  on(main, 'click', '[data-send-again]', () => void photo.sendPhoto(), signal);
  on(main, 'click', '[data-shrink]', () => void photo.shrinkAndSend(), signal);
  on(main, 'click', '[data-verdict]', (button) => judge(main, button.dataset.verdict), signal);
  const frame = find(main, '.viewfinder');
  takePhotos({ take, onHover: (isOver) => frame.classList.toggle('is-drop', isOver), signal });
  addEventListener('keydown', (event) => onKey(main, event), { signal });
}

/** @param {File | undefined} file */
function take(file) {
  if (file) void photo.choosePhoto(file);
}

function cancel() {
  photo.dropPhoto();
  /** @type {HTMLElement | null} */ (document.querySelector('[data-browse]'))?.focus();
}

/** @param {HTMLElement} main @param {'ok' | 'nok'} verdict */
function judge(main, verdict) {
  void giveVerdict(find(main, '[data-verdict-section]'), verdict);
}

/** O and N answer, Escape stops an upload. @param {HTMLElement} main @param {KeyboardEvent} event */
function onKey(main, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isBusyElsewhere(event.target)) return;
  const { stage, prediction } = photo.photoState();
  const key = event.key.toLowerCase();
  if (key === 'escape' && (stage === 'uploading' || stage === 'looking')) cancel();
  if (stage !== 'answered' || !prediction?.id) return;
  if (key === 'o') judge(main, 'ok');
  if (key === 'n') {
    event.preventDefault();
    judge(main, 'nok');
  }
}
