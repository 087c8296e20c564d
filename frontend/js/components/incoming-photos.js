// @ts-check
// Photos that are dropped on the page or pasted into it.
import { t } from '../i18n.js';
import { toast } from './notices.js';

/** @typedef {{take: (file: File) => void, onHover?: (isOver: boolean) => void, signal: AbortSignal}} Taker */

/** @param {DragEvent} event */
const hasFiles = (event) => event.dataTransfer?.types.includes('Files') ?? false;

/** Keeps the browser from leaving the page for a file that is dropped where no screen takes it. */
export function refuseDrops() {
  for (const type of /** @type {const} */ (['dragover', 'drop'])) {
    addEventListener(type, (event) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'none';
    });
  }
}

/** Takes the photos dropped anywhere on this screen or pasted into it. @param {Taker} taker */
export function takePhotos({ take, onHover = () => {}, signal }) {
  const takeFirst = (/** @type {FileList} */ files) => {
    take(files[0]);
    if (files.length > 1) toast(t('file.one_at_a_time'), 'problem');
  };
  addEventListener('dragover', (event) => {
    if (!hasFiles(event) || !event.dataTransfer || isAsked()) return;
    event.dataTransfer.dropEffect = 'copy';
    onHover(true);
  }, { signal });
  addEventListener('dragleave', (event) => !event.relatedTarget && onHover(false), { signal });
  addEventListener('drop', (event) => {
    onHover(false);
    if (hasFiles(event) && event.dataTransfer?.files.length && !isAsked()) takeFirst(event.dataTransfer.files);
  }, { signal });
  addEventListener('paste', (event) => {
    if (isBusyElsewhere(event.target)) return;
    if (event.clipboardData?.files.length) takeFirst(event.clipboardData.files);
    else toast(t('file.none_pasted'), 'problem');
  }, { signal });
}

/** Whether a dialog waits for an answer. */
const isAsked = () => document.querySelector('dialog[open]') !== null;

/** Whether the person is typing in a field or answering a dialog. @param {EventTarget | null} target */
export function isBusyElsewhere(target) {
  const isField = target instanceof Element && target.closest('input, textarea, select, [contenteditable]');
  return Boolean(isField) || isAsked();
}
