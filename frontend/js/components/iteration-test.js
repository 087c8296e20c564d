// @ts-check
// "Try an image": what one iteration says of a photo, published or not. Nothing is kept.
import { ApiError } from '../errors.js';
import { fill, find, html, on } from '../dom.js';
import { t } from '../i18n.js';
import { fileProblem, shrinkPhoto, USUAL_LIMITS } from '../image-files.js';
import { testImage } from '../training-api.js';
import { icon } from './icons.js';
import { takePhotos } from './incoming-photos.js';
import { noveltyNote } from './novelty-note.js';
import { ghostTable, showPredictions } from './prediction-table.js';
import { drawViewfinder, viewfinderFrame } from './viewfinder.js';

/** @typedef {import('../photo.js').PhotoState} PhotoState */

/** @returns {PhotoState} */
const nothing = () => ({ stage: 'empty', file: null, url: '', progress: 0, problem: '', error: null, prediction: null });

export function testSection() {
  return html`<section class="card-section quick-test" aria-labelledby="test-heading">
    <h2 class="section-heading" id="test-heading">${t('report.test')}</h2>
    <p class="section-lead">${t('report.test_text')}</p>
    <div class="quick-test-parts">
      <div>${viewfinderFrame()}
        <div class="home-actions"><button type="button" class="btn btn-quiet" data-browse>${icon('photo')}${t('home.browse')}</button></div>
        <input type="file" data-testid="test-input" data-test-input accept="image/*" hidden></div>
      <div data-test-answer></div>
    </div>
  </section>`;
}

/** @param {HTMLElement} root @param {string} project @param {string} iteration @param {AbortSignal} signal leaving the screen */
export function listenToTest(root, project, iteration, signal) {
  let state = nothing();
  let sending = new AbortController();
  const frame = find(root, '.viewfinder');
  const answer = find(root, '[data-test-answer]');
  const input = find(root, '[data-test-input]');
  const become = (/** @type {Partial<PhotoState>} */ change) => {
    const isNew = change.stage !== undefined && change.stage !== state.stage;
    state = { ...state, ...change };
    if (signal.aborted) return;
    drawViewfinder(frame, state, USUAL_LIMITS);
    if (isNew) drawAnswer(answer, state, signal);
  };
  const drop = () => {
    sending.abort();
    if (state.url) URL.revokeObjectURL(state.url);
    state = nothing();
  };
  const send = async (/** @type {File} */ file) => {
    sending = new AbortController();
    const { signal: stop } = sending;
    const onProgress = (/** @type {number} */ share) => !stop.aborted && become(share < 1 ? { stage: 'uploading', progress: share } : { stage: 'looking', progress: 1 });
    become({ stage: 'uploading', progress: 0, error: null, problem: '' });
    try {
      const prediction = await testImage(project, iteration, file, { onProgress, signal: stop });
      if (!stop.aborted) become({ stage: 'answered', prediction });
    } catch (error) {
      if (!stop.aborted) become({ stage: 'failed', error });
    }
  };
  const take = async (/** @type {File} */ file) => {
    drop();
    const problem = await fileProblem(file, USUAL_LIMITS);
    const isSeen = !problem || problem === 'size';
    state = { ...nothing(), file, url: isSeen ? URL.createObjectURL(file) : '' };
    if (problem) return become({ stage: 'refused', problem });
    await send(file);
  };
  on(root, 'click', '[data-browse], .viewfinder[data-stage="empty"]', () => input.click(), signal);
  on(root, 'click', '[data-cancel]', () => (drop(), become({ stage: 'empty' })), signal);
  on(root, 'click', '[data-send-again]', () => state.file && void send(state.file), signal);
  on(root, 'click', '[data-shrink]', () => state.file && void shrinkPhoto(state.file).then(take, () => become({ stage: 'failed', error: new ApiError('image_unreadable') })), signal);
  input.addEventListener('change', () => {
    if (input.files[0]) void take(input.files[0]);
    input.value = '';
  });
  takePhotos({ take: (file) => void take(file), onHover: (isOver) => frame.classList.toggle('is-drop', isOver), signal });
  signal.addEventListener('abort', drop);
  drawViewfinder(frame, state, USUAL_LIMITS);
  drawAnswer(answer, state, signal);
}

/** @param {HTMLElement} root @param {PhotoState} state @param {AbortSignal} signal */
function drawAnswer(root, { stage, prediction }, signal) {
  if (stage !== 'answered' || !prediction) return fill(root, ghostTable(stage === 'uploading' || stage === 'looking'));
  fill(root, html`<div data-rows-of-test></div>${noveltyNote(prediction)}`);
  showPredictions(find(root, '[data-rows-of-test]'), prediction.predictions, signal);
}
