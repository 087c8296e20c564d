// @ts-check
// How files that were chosen or dropped are sent: which are left out, under which tag, in which batches.

/** @typedef {{file: File, path: string}} Found a file and where it lay: "Train/pizza/01.jpg" */

export const MOST_FILES = 60;
export const MOST_BYTES = 40 * 1024 * 1024;

const LEFT_BY_SYSTEMS = /^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$)/i;

/** Whether an operating system put it there, not a person. @param {string} path */
export const isHidden = (path) => path.split('/').some((part) => LEFT_BY_SYSTEMS.test(part));

/** @param {{name: string, type?: string}} file */
export const isZip = (file) => /\.zip$/i.test(file.name) || file.type === 'application/zip';

/** The tag that the folder around a file names; null for a file in none. @param {string} path */
export function folderTag(path) {
  const parts = path.split('/').filter(Boolean);
  return parts.length > 1 ? parts[parts.length - 2].trim().slice(0, 128) || null : null;
}

/**
 * Batches of files that go under the same tag, in the order given, none larger than the server takes.
 * @template {{size: number, tag: string | null}} Item
 * @param {Item[]} items
 * @param {{mostFiles?: number, mostBytes?: number}} [limits]
 * @returns {Item[][]}
 */
export function batches(items, { mostFiles = MOST_FILES, mostBytes = MOST_BYTES } = {}) {
  /** @type {Map<string | null, Item[]>} */
  const perTag = new Map();
  for (const item of items) {
    const group = perTag.get(item.tag);
    if (group) group.push(item);
    else perTag.set(item.tag, [item]);
  }
  return [...perTag.values()].flatMap((group) => cut(group, mostFiles, mostBytes));
}

/**
 * @template {{size: number}} Item
 * @param {Item[]} items @param {number} mostFiles @param {number} mostBytes
 */
function cut(items, mostFiles, mostBytes) {
  /** @type {Item[][]} */
  const found = [];
  let bytes = 0;
  for (const item of items) {
    const last = found[found.length - 1];
    if (!last || last.length >= mostFiles || bytes + item.size > mostBytes) {
      found.push([item]);
      bytes = item.size;
    } else {
      last.push(item);
      bytes += item.size;
    }
  }
  return found;
}
