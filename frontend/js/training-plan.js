// @ts-check
// Whether a project can be trained, and how long something that runs will take, in words.
import { formatWait } from './format.js';

/** @typedef {import('./training-api.js').Tag} Tag */

/** Training asks for this many images of each tag, and this many tags. */
export const FEWEST_IMAGES = 5;
export const FEWEST_TAGS = 2;

/**
 * Why training is refused, or null: too few tags, or tags with too few images.
 * @param {Pick<Tag, 'name' | 'image_count'>[]} tags
 * @returns {null | {code: 'too_few_tags'} | {code: 'too_few_images', lacking: {name: string, count: number}[]}}
 */
export function obstacle(tags) {
  if (tags.length < FEWEST_TAGS) return { code: 'too_few_tags' };
  const lacking = tags.filter(({ image_count }) => image_count < FEWEST_IMAGES).map(({ name, image_count }) => ({ name, count: image_count }));
  return lacking.length ? { code: 'too_few_images', lacking } : null;
}

/** A time left, rounded as people say it: tens of seconds, then whole minutes. @param {number} seconds */
export function roundedWait(seconds) {
  if (seconds < 10) return formatWait(Math.max(1, seconds));
  if (seconds < 60) return formatWait(Math.ceil(seconds / 10) * 10);
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes}\u00a0min` : formatWait(seconds);
}

/** @param {{status: string}} iteration */
export const isRunning = ({ status }) => status === 'queued' || status === 'training';

const SILENT_MS = 8_000;

/** Notices when a training has not moved for long: its worker may be gone, and its seconds left say nothing then. */
export class Silence {
  #seen = '';
  #since = 0;

  /** @param {import('./training-api.js').Iteration} iteration @param {number} [now] milliseconds */
  isLong({ status, stage, progress, seconds_left }, now = performance.now()) {
    const seen = JSON.stringify([status, stage, progress, seconds_left]);
    if (seen !== this.#seen) [this.#seen, this.#since] = [seen, now];
    return now - this.#since >= SILENT_MS;
  }
}
