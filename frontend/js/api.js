// @ts-check
// Every request of the page. Nothing else calls fetch.
import { ApiError, isSessionOver, toApiError } from './errors.js';

/**
 * @typedef {{id: number, username: string, role: 'user' | 'admin', is_disabled: boolean, created_at: string}} User
 * @typedef {{access_token: string, token_type: string, expires_in: number}} Token
 * @typedef {{max_upload_bytes: number, max_pixels: number, formats: string[], max_batch_images: number, min_password_length: number}} Limits
 * @typedef {{tag: string, probability: number}} TagProbability
 * @typedef {{width: number, height: number, format: string, size_bytes: number, sha256: string}} ImageFacts
 * @typedef {{id: string | null, iteration: string, project?: string | null, novelty?: {score: number, is_novel: boolean} | null, created_at: string, predictions: TagProbability[], image: ImageFacts, stored: boolean}} Prediction
 * @typedef {{id: number, prediction_id: string, image_url: string, thumbnail_url: string, tag: string, probability: number, username: string, correct_tag: string | null, project: string, iteration: string, created_at: string, predictions: TagProbability[]}} WrongPrediction
 * @typedef {{since: string, ok: number, nok: number, unjudged: number, ok_rate: number | null, per_day: {day: string, ok: number, nok: number}[], per_tag: {tag: string, ok: number, nok: number, ok_rate: number | null}[]}} Verdicts
 * @typedef {{user: User, password: string | null}} UserWithPassword
 * @typedef {{query?: Record<string, unknown> | URLSearchParams, json?: unknown, form?: URLSearchParams | FormData, signal?: AbortSignal}} Options
 */

/** The token sent with requests, and whom to tell when it is refused. Set by session.js. */
const session = { token: /** @type {string | null} */ (null), onOver: () => {} };

/** @param {string | null} token */
export function useToken(token) {
  session.token = token;
}

/** @param {() => void} listener */
export function whenSessionEnds(listener) {
  session.onOver = listener;
}

/** @param {ApiError} error @param {string | null} sent the token that went with the request */
function reported(error, sent) {
  // An answer to a token that was replaced meanwhile says nothing about the present one.
  if (sent && sent === session.token && isSessionOver(error)) session.onOver();
  return error;
}

/** @param {string} path @param {Options['query']} [query] */
function address(path, query) {
  const entries = query instanceof URLSearchParams ? [...query] : Object.entries(query ?? {});
  const kept = entries.filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 */
async function request(method, path, { query, json, form, signal } = {}) {
  const sent = session.token;
  /** @type {Record<string, string>} */
  const headers = sent ? { Authorization: `Bearer ${sent}` } : {};
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  const body = json === undefined ? form : JSON.stringify(json);
  try {
    const response = await fetch(address(path, query), { method, headers, body, signal });
    if (response.ok) return response;
    const said = await response.json().catch(() => null);
    throw reported(toApiError(response.status, said, response.headers.get('Retry-After')), sent);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(signal?.aborted ? 'cancelled' : 'offline');
  }
}

/** The JSON of an answer; null if it has none. @param {string} method @param {string} path @param {Options} [options] @returns {Promise<any>} */
export async function ask(method, path, options) {
  const response = await request(method, path, options);
  return response.status === 204 ? null : response.json();
}

/** @type {Promise<Limits> | null} */
let limits = null;

/** What the server accepts; asked once. @returns {Promise<Limits>} */
export function getLimits() {
  limits ??= ask('GET', '/limits').catch((error) => {
    limits = null;
    throw error;
  });
  return /** @type {Promise<Limits>} */ (limits);
}

/** @param {string} username @param {string} password @returns {Promise<Token>} */
export const signIn = (username, password) =>
  ask('POST', '/auth/token', { form: new URLSearchParams({ username, password }) });

/** @returns {Promise<User>} */
export const getMe = () => ask('GET', '/auth/me');

/** @returns {Promise<{name: string, capabilities: string[]}>} */
export const getEngine = () => ask('GET', '/engine');

/** @param {string} current_password @param {string} new_password @returns {Promise<Token>} */
export const changePassword = (current_password, new_password) =>
  ask('POST', '/auth/password', { json: { current_password, new_password } });

/** @returns {Promise<null>} */
export const signOutEverywhere = () => ask('POST', '/auth/logout-everywhere');

/** Every tag the model can answer. @param {AbortSignal} [signal] @returns {Promise<string[]>} */
export async function getTags(signal) {
  const names = [];
  let cursor;
  do {
    const page = await ask('GET', '/tags', { query: { cursor }, signal });
    names.push(...page.items.map((/** @type {{name: string}} */ tag) => tag.name));
    cursor = page.next;
  } while (cursor);
  return names;
}

/**
 * Sends a form and tells how much has been sent: XMLHttpRequest, because fetch cannot.
 * @param {string} path
 * @param {FormData} form
 * @param {{onProgress: (share: number) => void, signal: AbortSignal}} options
 * @returns {Promise<any>}
 */
export function upload(path, form, { onProgress, signal }) {
  const sent = session.token;
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open('POST', path);
    sending.responseType = 'json';
    if (sent) sending.setRequestHeader('Authorization', `Bearer ${sent}`);
    sending.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
    sending.upload.onload = () => onProgress(1);
    sending.onload = () => {
      if (sending.status === 200 && sending.response) return resolve(sending.response);
      const retryAfter = sending.getResponseHeader('Retry-After');
      reject(reported(toApiError(sending.status, sending.response, retryAfter), sent));
    };
    sending.onerror = () => reject(new ApiError('offline'));
    sending.onabort = () => reject(new ApiError('cancelled'));
    signal.addEventListener('abort', () => sending.abort(), { once: true });
    sending.send(form);
  });
}

/**
 * Classifies a photo.
 * @param {Blob} file
 * @param {{onProgress: (share: number) => void, signal: AbortSignal}} options
 * @returns {Promise<Prediction>}
 */
export function predict(file, options) {
  const form = new FormData();
  form.append('image', file);
  return upload('/predict', form, options);
}

/**
 * @param {{prediction_id: string, verdict: 'ok' | 'nok', correct_tag?: string, image?: string}} feedback
 * @returns {Promise<{wrong_prediction_id: number | null}>}
 */
export const sendFeedback = (feedback) => ask('POST', '/feedback', { json: feedback });

/** The bytes of an image that needs our token. @param {string} url @param {AbortSignal} [signal] */
export const getImage = async (url, signal) => (await request('GET', url, { signal })).blob();

const WRONG = '/admin/wrong-predictions';

/** @param {Record<string, unknown>} query @param {AbortSignal} [signal] @returns {Promise<{items: WrongPrediction[], next: string | null}>} */
export const listWrongPredictions = (query, signal) => ask('GET', WRONG, { query, signal });

/** @param {number | string} id @param {AbortSignal} [signal] @returns {Promise<WrongPrediction>} */
export const getWrongPrediction = (id, signal) => ask('GET', `${WRONG}/${id}`, { signal });

/** @param {number} id @param {string | null} correct_tag @returns {Promise<WrongPrediction>} */
export const relabelWrongPrediction = (id, correct_tag) =>
  ask('PATCH', `${WRONG}/${id}`, { json: { correct_tag } });

/** @param {number[]} ids 200 at most @returns {Promise<{deleted: number[], missing: number[]}>} */
export const deleteWrongPredictions = (ids) =>
  ask('DELETE', WRONG, { query: new URLSearchParams(ids.map((id) => ['id', String(id)])) });

/** @param {AbortSignal} [signal] @returns {Promise<User[]>} */
export async function listUsers(signal) {
  const users = [];
  let cursor;
  do {
    const page = await ask('GET', '/admin/users', { query: { cursor }, signal });
    users.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return users;
}

/** @param {string} username @param {string} role @returns {Promise<UserWithPassword>} */
export const createUser = (username, role) => ask('POST', '/admin/users', { json: { username, role } });

/** @param {number} id @param {{role?: string, is_disabled?: boolean}} change @returns {Promise<User>} */
export const changeUser = (id, change) => ask('PATCH', `/admin/users/${id}`, { json: change });

/** @param {number} id @returns {Promise<UserWithPassword>} */
export const resetPassword = (id) => ask('POST', `/admin/users/${id}/reset-password`, { json: {} });

/** @param {number} days @param {AbortSignal} [signal] @returns {Promise<Verdicts>} */
export const getVerdicts = (days, signal) => ask('GET', '/admin/monitoring/verdicts', { query: { days }, signal });
