// @ts-check
// Files on their way into a project. They go on while the person visits other screens.
import { ApiError, isWorthRetrying } from './errors.js';
import { fileProblem, USUAL_LIMITS } from './image-files.js';
import { addArchive, addImages, createTag, listTags } from './training-api.js';
import { batches, folderTag, isZip } from './upload-plan.js';

/**
 * @typedef {'queued' | 'sending' | 'added' | 'duplicate' | 'refused'} FileState
 * @typedef {{id: number, file: File, name: string, size: number, tag: string | null, state: FileState, reason: unknown, archive: import('./training-api.js').ArchiveResult | null}} Item
 * @typedef {{id: string, name: string}} Destination
 * @typedef {{project: Destination | null, items: Item[], sentBytes: number, isSending: boolean}} Uploads
 */

/** @returns {Uploads} */
const nothing = () => ({ project: null, items: [], sentBytes: 0, isSending: false });

let state = nothing();
let sending = new AbortController();
let count = 0;

/** 'change': something moved. 'stored': the project has more images than before. */
export const uploadChanges = new EventTarget();
export const uploadState = () => state;

/** Waits before a batch is tried again, in ms. */
const PAUSES = [1500, 4000, 10_000];

/** @param {'change' | 'stored'} [type] */
const tell = (type = 'change') => uploadChanges.dispatchEvent(new Event(type));

/**
 * Takes files for a project and starts sending. Files in folders go under the folder's name.
 * @param {Destination} project
 * @param {import('./upload-plan.js').Found[]} found
 * @param {string | null} tag for files in no folder
 */
export function addToUploads(project, found, tag) {
  if (state.project && state.project.id !== project.id && !state.isSending) state = nothing();
  if (state.project && state.project.id !== project.id) return false;
  if (!state.isSending) state = nothing();
  state.project = project;
  for (const { file, path } of found) {
    state.items.push({ id: ++count, file, name: path, size: file.size, tag: folderTag(path) ?? tag, state: 'queued', reason: null, archive: null });
  }
  tell();
  if (!state.isSending) void sendAll();
  return true;
}

/** What became of the files so far; those in a zip are counted one by one. */
export function uploadSummary() {
  const { items } = state;
  const inState = (/** @type {FileState} */ wanted) => items.filter((item) => item.state === wanted && !item.archive).length;
  const inArchives = (/** @type {'added' | 'duplicates'} */ name) => items.reduce((sum, { archive }) => sum + (archive?.[name] ?? 0), 0);
  const bytes = items.reduce((sum, { size }) => sum + size, 0);
  return {
    files: items.length,
    waiting: inState('queued') + inState('sending'),
    added: inState('added') + inArchives('added'),
    duplicate: inState('duplicate') + inArchives('duplicates'),
    refused: inState('refused'),
    share: bytes ? Math.min(1, state.sentBytes / bytes) : 1,
  };
}

/** Sends again what was refused for want of an answer. */
export function retryUploads() {
  for (const item of state.items) if (item.state === 'refused' && isWorthRetrying(item.reason)) item.state = 'queued';
  state.sentBytes = state.items.filter((item) => item.state !== 'queued').reduce((sum, { size }) => sum + size, 0);
  if (!state.isSending) void sendAll();
}

/** Stops sending and forgets it all. */
export function dropUploads() {
  sending.abort();
  state = nothing();
  tell();
}

async function sendAll() {
  const { signal } = (sending = new AbortController());
  const mine = state;
  mine.isSending = true;
  try {
    for (;;) {
      const waiting = mine.items.filter((item) => item.state === 'queued');
      const archive = waiting.find(({ file }) => isZip(file));
      if (archive) await sendBatch(mine, [archive], signal);
      else if (waiting.length) await sendBatch(mine, batches(waiting)[0], signal);
      else break;
      if (signal.aborted) return;
    }
  } finally {
    mine.isSending = false;
    if (!signal.aborted) tell();
  }
}

/** @param {Uploads} mine @param {Item[]} items of one tag @param {AbortSignal} signal */
async function sendBatch(mine, items, signal) {
  const before = mine.sentBytes;
  const size = items.reduce((sum, item) => sum + item.size, 0);
  items.forEach((item) => (item.state = 'sending'));
  const onProgress = (/** @type {number} */ share) => {
    mine.sentBytes = before + share * size;
    if (!signal.aborted) tell();
  };
  for (let attempt = 0; ; attempt += 1) {
    try {
      await (isZip(items[0].file) ? sendArchive(mine, items[0], { onProgress, signal }) : sendImages(mine, items, { onProgress, signal }));
      break;
    } catch (error) {
      if (signal.aborted) return;
      if (!isWorthRetrying(error) || attempt >= PAUSES.length) {
        items.forEach((item) => Object.assign(item, { state: 'refused', reason: error }));
        break;
      }
      await new Promise((resume) => setTimeout(resume, PAUSES[attempt]));
      if (signal.aborted) return;
    }
  }
  mine.sentBytes = before + size;
  tell();
  tell('stored');
}

/** @param {Uploads} mine @param {Item[]} items @param {import('./training-api.js').UploadOptions} options */
async function sendImages(mine, items, options) {
  const project = /** @type {Destination} */ (mine.project).id;
  const { tag } = items[0];
  const good = await refuseOthers(items);
  if (!good.length) return;
  const tags = tag === null ? [] : [await tagId(project, tag, options.signal)];
  const { items: results } = await addImages(project, good.map(({ file }) => file), tags, options);
  good.forEach((item, index) => Object.assign(item, outcome(results[index])));
}

/** What is no photo, a long film for one, is not even sent. @param {Item[]} items @returns {Promise<Item[]>} the photos */
async function refuseOthers(items) {
  const problems = await Promise.all(items.map(({ file }) => fileProblem(file, { ...USUAL_LIMITS, max_upload_bytes: Infinity })));
  /** @type {Record<string, string>} */
  const statuses = { empty: 'ErrorImageSize', heic: 'heic' };
  return items.filter((item, index) => {
    const problem = problems[index];
    if (problem) Object.assign(item, { state: 'refused', reason: { status: statuses[problem] ?? 'ErrorImageFormat' } });
    return !problem;
  });
}

/** @param {Uploads} mine @param {Item} item @param {import('./training-api.js').UploadOptions} options */
async function sendArchive(mine, item, options) {
  const result = await addArchive(/** @type {Destination} */ (mine.project).id, item.file, options);
  Object.assign(item, { state: 'added', archive: result });
  for (const refused of result.items.filter(({ status }) => status?.startsWith('Error'))) {
    mine.items.push({ ...item, id: ++count, name: refused.name, size: 0, archive: null, ...outcome({ ...refused, image: null }) });
  }
}

/** @param {import('./training-api.js').ImageResult | undefined} result @returns {{state: FileState, reason: unknown}} */
function outcome(result) {
  if (result?.status === 'OK') return { state: 'added', reason: null };
  if (result?.status === 'OKDuplicate') return { state: 'duplicate', reason: null };
  return { state: 'refused', reason: result ?? new ApiError('internal_error') };
}

/** The id of the tag of this name, which is made where it is missing. @param {string} project @param {string} name @param {AbortSignal} signal */
async function tagId(project, name, signal) {
  const find = async () => (await listTags(project, signal)).find((tag) => tag.name === name || tag.id === name)?.id;
  const known = await find();
  if (known) return known;
  try {
    return (await createTag(project, { name })).id;
  } catch (error) {
    // Another admin was faster, or its case differs.
    const made = error instanceof ApiError && error.code === 'tag_name_taken' ? await find() : undefined;
    if (made) return made;
    throw error;
  }
}
