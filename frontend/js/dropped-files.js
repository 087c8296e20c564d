// @ts-check
// The files in what was dropped or chosen, folders opened.
import { isHidden } from './upload-plan.js';

/** @typedef {import('./upload-plan.js').Found} Found */

/**
 * Every file dropped, also those deep in folders. To be called while the event lasts.
 * @param {DataTransfer} transfer
 * @returns {Promise<Found[]>}
 */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null).filter((entry) => entry !== null);
  if (!entries.length) return chosenFiles(transfer.files);
  const found = await Promise.all(entries.map(filesIn));
  return found.flat().filter(({ path }) => !isHidden(path));
}

/** The files of an input, with the folders a folder input tells. @param {Iterable<File>} files @returns {Found[]} */
export const chosenFiles = (files) =>
  [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name })).filter(({ path }) => !isHidden(path));

/** @param {FileSystemEntry} entry @returns {Promise<Found[]>} */
async function filesIn(entry) {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise((/** @type {(file: File | null) => void} */ resolve) =>
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, () => resolve(null)));
    return file ? [{ file, path }] : [];
  }
  const inside = await childrenOf(/** @type {FileSystemDirectoryEntry} */ (entry));
  return (await Promise.all(inside.map(filesIn))).flat();
}

/** @param {FileSystemDirectoryEntry} folder @returns {Promise<FileSystemEntry[]>} */
async function childrenOf(folder) {
  const reader = folder.createReader();
  const children = [];
  // A folder is read a hundred entries at a time, until nothing comes.
  for (;;) {
    const some = await new Promise((/** @type {(entries: FileSystemEntry[]) => void} */ resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return children;
    children.push(...some);
  }
}
