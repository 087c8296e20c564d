// @ts-check
// The photo in hand: chosen, sent, looked at, answered, judged. It outlives the screen that shows
// it, so that nothing is lost by an error, a visit to another screen or the end of a session.
import * as api from './api.js';
import { ApiError, isWithoutAnswer } from './errors.js';
import { fileProblem, imageSize, isTooManyPixels, shrinkPhoto, toBase64, USUAL_LIMITS } from './image-files.js';

/**
 * @typedef {'empty' | 'refused' | 'shrinking' | 'uploading' | 'looking' | 'failed' | 'answered'} Stage
 * @typedef {{stage: Stage, file: File | null, url: string, progress: number, problem: string,
 *   error: unknown, prediction: api.Prediction | null}} PhotoState
 * @typedef {{verdict: 'ok' | 'nok'}} Judged
 */

/** @returns {PhotoState} */
const nothing = () => ({
  stage: 'empty', file: null, url: '', progress: 0, problem: '', error: null, prediction: null,
});

let state = nothing();
let sending = new AbortController();
/** @type {import('./image-files.js').UploadLimits} */
let limits = { ...USUAL_LIMITS };
/** @type {Judged | null} */
let judged = null;

/** 'change': the state is another. */
export const photoChanges = new EventTarget();

export const photoState = () => state;
export const photoLimits = () => limits;

/** The last verdict given in this visit, for the confirmation. */
export const lastVerdict = () => judged;

/** @param {Partial<PhotoState>} change */
function become(change) {
  state = { ...state, ...change };
  photoChanges.dispatchEvent(new Event('change'));
}

/** Asks the server what it accepts. */
export async function loadLimits() {
  limits = await api.getLimits();
}

/** Takes a photo in place of the present one and sends it. @param {File} file */
export async function choosePhoto(file) {
  dropPhoto();
  const { signal } = (sending = new AbortController());
  const problem = await fileProblem(file, limits);
  if (signal.aborted) return;
  const url = problem && problem !== 'size' ? '' : URL.createObjectURL(file);
  if (problem) return become({ stage: 'refused', file, url, problem });
  become({ file, url });
  const size = await imageSize(url);
  if (signal.aborted) return;
  if (isTooManyPixels(size, limits)) return become({ stage: 'refused', problem: 'pixels' });
  await sendPhoto();
}

/** Sends the photo in hand, again if need be. */
export async function sendPhoto() {
  const { file } = state;
  if (!file) return;
  sending.abort();
  const { signal } = (sending = new AbortController());
  const onProgress = (/** @type {number} */ share) => {
    if (!signal.aborted) become(share < 1 ? { stage: 'uploading', progress: share } : { stage: 'looking', progress: 1 });
  };
  become({ stage: 'uploading', progress: 0, error: null, problem: '', prediction: null });
  try {
    const prediction = await api.predict(file, { onProgress, signal });
    if (!signal.aborted) become({ stage: 'answered', prediction });
  } catch (error) {
    if (!signal.aborted) become({ stage: 'failed', error });
  }
}

/** Makes a photo that is too heavy smaller, and sends it. */
export async function shrinkAndSend() {
  const { file } = state;
  if (!file) return;
  become({ stage: 'shrinking' });
  try {
    const smaller = await shrinkPhoto(file);
    if (state.file === file) await choosePhoto(smaller);
  } catch {
    if (state.file === file) become({ stage: 'refused', problem: 'shrink_failed' });
  }
}

/** Lets go of the photo, and stops sending it. */
export function dropPhoto() {
  sending.abort();
  if (state.url) URL.revokeObjectURL(state.url);
  state = nothing();
  photoChanges.dispatchEvent(new Event('change'));
}

/** @type {Promise<void> | null} */
let judging = null;
/** A verdict whose answer never came: the server may have it all the same. @type {{id: string, verdict: 'ok' | 'nok'} | null} */
let unanswered = null;

/** Whether a verdict is on its way. */
export const isJudging = () => judging !== null;

/**
 * Sends the verdict, then lets go of the photo. While one is on its way, that is the one.
 * @param {'ok' | 'nok'} verdict
 * @param {string} [tag] the correct one, when known
 */
export function judgePhoto(verdict, tag) {
  judging ??= judge(verdict, tag).finally(() => (judging = null));
  return judging;
}

/** @param {'ok' | 'nok'} verdict @param {string} [tag] */
async function judge(verdict, tag) {
  const { prediction, file } = state;
  if (!prediction?.id) throw new ApiError('prediction_not_found');
  const { id } = prediction;
  let given = verdict;
  try {
    await send({ prediction_id: id, verdict, ...(tag ? { correct_tag: tag } : {}) }, file);
  } catch (error) {
    const isKnown = error instanceof ApiError && error.code === 'prediction_already_judged';
    if (!isKnown || unanswered?.id !== id) {
      if (isWithoutAnswer(error)) unanswered = { id, verdict };
      throw error;
    }
    given = unanswered.verdict;
  }
  unanswered = null;
  judged = { verdict: given };
  if (state.prediction === prediction) dropPhoto();
}

/** Sends the photo along if the server has not kept it. @param {Parameters<typeof api.sendFeedback>[0]} feedback @param {File | null} file */
async function send(feedback, file) {
  try {
    await api.sendFeedback(feedback);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'verdict_image_required' || !file) throw error;
    await api.sendFeedback({ ...feedback, image: await toBase64(file) });
  }
}
