// @ts-check
// The photo in hand: chosen, sent, looked at, answered, judged. It outlives the screen that shows
// it, so that nothing is lost by an error, a visit to another screen or the end of a session.
import * as api from './api.js';
import { ApiError } from './errors.js';
import { fileProblem, shrinkPhoto, toBase64, USUAL_LIMITS } from './image-files.js';

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
/** @type {api.Limits} */
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
  const problem = fileProblem(file, limits);
  const url = problem === 'type' || problem === 'empty' ? '' : URL.createObjectURL(file);
  if (problem) return become({ stage: 'refused', file, url, problem });
  become({ file, url });
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

/**
 * Sends the verdict, then lets go of the photo. If the server has not kept the photo, it is sent along.
 * @param {'ok' | 'nok'} verdict
 * @param {string} [tag] the correct one, when known
 */
export async function judgePhoto(verdict, tag) {
  const { prediction, file } = state;
  if (!prediction?.id) throw new ApiError('prediction_not_found');
  const feedback = { prediction_id: prediction.id, verdict, ...(tag ? { correct_tag: tag } : {}) };
  try {
    await api.sendFeedback(feedback);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'verdict_image_required' || !file) throw error;
    await api.sendFeedback({ ...feedback, image: await toBase64(file) });
  }
  judged = { verdict };
  dropPhoto();
}
