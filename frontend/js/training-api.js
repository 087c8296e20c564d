// @ts-check
// What the page asks about projects, their tags and images, and their iterations.
import { ask, getImage, upload } from './api.js';

/**
 * @typedef {{id: string, name: string, description: string, classification_type: 'Multiclass' | 'Multilabel', is_builtin: boolean,
 *   is_default: boolean, tag_count: number, image_count: number, untagged_count: number, created_at: string}} Project
 * @typedef {{id: string, name: string, description: string, type: 'Regular' | 'Negative', image_count: number}} Tag
 * @typedef {{id: string, name: string, width: number, height: number, tags: {id: string, name: string}[], created_at: string}} TrainingImage
 * @typedef {{name: string, status: string, detail: string | null, image: TrainingImage | null}} ImageResult
 * @typedef {{items: ImageResult[]}} ImageResults
 * @typedef {{added: number, duplicates: number, refused: number, skipped: number, items: ImageResult[]}} ArchiveResult
 * @typedef {{id: string, project_id: string, number: number, name: string, status: 'queued' | 'training' | 'completed' | 'failed' | 'cancelled',
 *   training_type: string, budget_hours: number | null, stage: string | null, progress: number, seconds_left: number | null, error: string | null,
 *   tags: {id: string, name: string, type: string}[], image_count: number, summary: Record<string, number | null> | null,
 *   published_name: string | null, published_at: string | null, created_at: string, trained_at: string | null}} Iteration
 * @typedef {{onProgress: (share: number) => void, signal: AbortSignal}} UploadOptions
 * @typedef {{name?: string, description?: string, is_default?: true, classification_type?: string}} ProjectChange
 * @typedef {{name?: string, description?: string, type?: string}} TagChange
 */

/** @param {string} project its id or name */
const at = (project) => `/projects/${encodeURIComponent(project)}`;
/** @param {string} project @param {string} iteration */
const iterationAt = (project, iteration) => `${at(project)}/iterations/${encodeURIComponent(iteration)}`;

/** @param {AbortSignal} [signal] @returns {Promise<Project[]>} */
export const listProjects = async (signal) => (await ask('GET', '/projects', { signal })).items;

/** @param {string} project @param {AbortSignal} [signal] @returns {Promise<Project>} */
export const getProject = (project, signal) => ask('GET', at(project), { signal });

/** @param {{name: string, description: string, classification_type: string}} json @returns {Promise<Project>} */
export const createProject = (json) => ask('POST', '/projects', { json });

/** @param {string} project @param {ProjectChange} json @returns {Promise<Project>} */
export const changeProject = (project, json) => ask('PATCH', at(project), { json });

/** @param {string} project */
export const deleteProject = (project) => ask('DELETE', at(project));

/** @param {string} project @param {AbortSignal} [signal] @returns {Promise<Tag[]>} */
export const listTags = async (project, signal) => (await ask('GET', `${at(project)}/tags`, { signal })).items;

/** @param {string} project @param {{name: string, type?: string}} json @returns {Promise<Tag>} */
export const createTag = (project, json) => ask('POST', `${at(project)}/tags`, { json });

/** @param {string} project @param {string} tag @param {TagChange} json @returns {Promise<Tag>} */
export const changeTag = (project, tag, json) => ask('PATCH', `${at(project)}/tags/${tag}`, { json });

/** @param {string} project @param {string} tag */
export const deleteTag = (project, tag) => ask('DELETE', `${at(project)}/tags/${tag}`);

/** @param {string} project @param {{tag?: string | null, untagged?: boolean | null, cursor?: string | null, limit: number}} query @param {AbortSignal} [signal] @returns {Promise<{items: TrainingImage[], next: string | null}>} */
export const listImages = (project, query, signal) => ask('GET', `${at(project)}/images`, { query, signal });

/** @param {string} project @param {string} image */
export const thumbnailUrl = (project, image) => `${at(project)}/images/${image}/thumbnail`;

/** @param {string} project @param {string} image */
export const imageUrl = (project, image) => `${at(project)}/images/${image}/image`;

/** @param {string} project @param {File[]} files 60 at most @param {string[]} tags @param {UploadOptions} options @returns {Promise<ImageResults>} */
export function addImages(project, files, tags, options) {
  const form = new FormData();
  // The tags first, so that the server knows them before it reads the files.
  for (const tag of tags) form.append('tags', tag);
  for (const file of files) form.append('images', file, file.name);
  return upload(`${at(project)}/images`, form, options);
}

/** @param {string} project @param {File} archive @param {UploadOptions} options @returns {Promise<ArchiveResult>} */
export function addArchive(project, archive, options) {
  const form = new FormData();
  form.append('archive', archive);
  return upload(`${at(project)}/images/archive?create_tags=true`, form, options);
}

/** @param {string} project @param {string[]} image_ids @param {{add?: string[], remove?: string[]}} change @returns {Promise<{items: TrainingImage[]}>} */
export const retagImages = (project, image_ids, { add = [], remove = [] }) =>
  ask('POST', `${at(project)}/images/tags`, { json: { image_ids, add, remove } });

/** @param {string} project @param {string[]} ids @returns {Promise<{deleted: string[], missing: string[]}>} */
export const deleteImages = (project, ids) =>
  ask('DELETE', `${at(project)}/images`, { query: new URLSearchParams(ids.map((id) => ['id', id])) });

/** @param {string} project @param {number[]} ids 64 at most @returns {Promise<ImageResults>} */
export const addWrongPredictions = (project, ids) =>
  ask('POST', `${at(project)}/images/from-wrong-predictions`, { json: { ids } });

/** @param {string} project @param {{training_type: string, budget_hours?: number, force?: boolean}} json @returns {Promise<Iteration>} */
export const train = (project, json) => ask('POST', `${at(project)}/train`, { json });

/** @param {string} project @param {AbortSignal} [signal] @returns {Promise<Iteration[]>} newest first */
export const listIterations = async (project, signal) => (await ask('GET', `${at(project)}/iterations`, { signal })).items;

/** @param {string} project @param {string} iteration @param {AbortSignal} [signal] @returns {Promise<Iteration>} */
export const getIteration = (project, iteration, signal) => ask('GET', iterationAt(project, iteration), { signal });

/** @param {string} project @param {string} iteration @param {string} name @returns {Promise<Iteration>} */
export const renameIteration = (project, iteration, name) => ask('PATCH', iterationAt(project, iteration), { json: { name } });

/** @param {string} project @param {string} iteration */
export const deleteIteration = (project, iteration) => ask('DELETE', iterationAt(project, iteration));

/** @param {string} project @param {string} iteration @returns {Promise<Iteration>} */
export const cancelTraining = (project, iteration) => ask('POST', `${iterationAt(project, iteration)}/cancel`);

/** @param {string} project @param {string} iteration @param {{name: string, replace: boolean, make_default: boolean | null}} json @returns {Promise<Iteration>} */
export const publish = (project, iteration, json) => ask('POST', `${iterationAt(project, iteration)}/publish`, { json });

/** @param {string} project @param {string} iteration @returns {Promise<Iteration>} */
export const unpublish = (project, iteration) => ask('POST', `${iterationAt(project, iteration)}/unpublish`);

/**
 * The iteration that a rollback would publish again.
 * @param {string} project @param {string} name the published one @returns {Promise<Iteration>}
 */
export const getEarlier = (project, name) => ask('GET', `${at(project)}/rollback?${new URLSearchParams({ name })}`);

/** @param {string} project @param {string} [name] the published one @returns {Promise<Iteration>} */
export const rollBack = (project, name) => ask('POST', `${at(project)}/rollback`, { json: name ? { name } : {} });

/** @typedef {{name: string, iteration: any, username: string | null, published_at: string, unpublished_at: string | null}} Publication */
/** @param {string} project @param {AbortSignal} [signal] @returns {Promise<Publication[]>} */
export const listPublications = async (project, signal) => (await ask('GET', `${at(project)}/publications`, { signal })).items;

/** @param {string} project @param {string} iteration @param {File} file @param {UploadOptions} options @returns {Promise<import('./api.js').Prediction>} */
export function testImage(project, iteration, file, options) {
  const form = new FormData();
  form.append('image', file);
  return upload(`${iterationAt(project, iteration)}/test`, form, options);
}

/** The model as a zip file. @param {string} project @param {string} iteration */
export const exportModel = (project, iteration) => getImage(`${iterationAt(project, iteration)}/export`);

/** @param {string} project @param {string} iteration @param {{threshold: number, curves?: true}} query @param {AbortSignal} [signal] @returns {Promise<import('./report.js').Report>} */
export const getReport = (project, iteration, query, signal) => ask('GET', `${iterationAt(project, iteration)}/report`, { query, signal });

/** @param {string} project @param {string} iteration @param {{actual: string, predicted: string, threshold: number}} query @param {AbortSignal} [signal] @returns {Promise<{count: number, items: import('./report.js').JudgedImage[]}>} */
export const getReportImages = (project, iteration, query, signal) =>
  ask('GET', `${iterationAt(project, iteration)}/report/images`, { query, signal });

/** @param {string} project @param {string} iteration @param {string | null} other @param {AbortSignal} [signal] @returns {Promise<import('./comparison.js').Comparison>} */
export const compare = (project, iteration, other, signal) =>
  ask('GET', `${iterationAt(project, iteration)}/compare`, { query: { with: other }, signal });
