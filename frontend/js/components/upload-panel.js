// @ts-check
// A panel in the corner of every screen: what is on its way, and what became of each file.
import { drawBars, fill, find, html, on } from '../dom.js';
import { isWorthRetrying } from '../errors.js';
import { hasText, percent, plural, t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { dropUploads, retryUploads, uploadChanges, uploadState, uploadSummary } from '../uploads.js';
import { icon } from './icons.js';

/** @typedef {import('../uploads.js').Item} Item */

const MOST_SHOWN = 200;
/** Refused files first: they are what a person may act on. */
const ORDER = ['refused', 'sending', 'queued', 'duplicate', 'added'];

let isOpen = false;
let isPlanned = false;
/** What went well needs no answer: the panel then leaves by itself, after so many ms. */
const STAY = 8000;
let leaving = 0;

/** Shows the panel from now on whenever there is something to show. */
export function startUploadPanel() {
  const root = find(document, '#uploads');
  uploadChanges.addEventListener('change', () => {
    if (isPlanned) return;
    isPlanned = true;
    requestAnimationFrame(() => {
      isPlanned = false;
      drawUploadPanel();
    });
  });
  on(root, 'click', '[data-toggle]', () => {
    isOpen = !isOpen;
    drawUploadPanel();
    find(root, '[data-toggle]').focus();
  });
  on(root, 'click', '[data-stop]', () => dropUploads());
  on(root, 'click', '[data-retry-files]', () => retryUploads());
  addEventListener('beforeunload', (event) => uploadState().isSending && event.preventDefault());
}

/** On another screen the panel takes less room. */
export function foldUploadPanel() {
  isOpen = false;
}

/** Draws the panel as things stand. */
export function drawUploadPanel() {
  const root = /** @type {HTMLElement} */ (find(document, '#uploads'));
  const state = uploadState();
  root.hidden = state.items.length === 0;
  if (root.hidden) {
    isOpen = false;
    return fill(root, html``);
  }
  root.setAttribute('aria-label', t('uploads.region'));
  const { isSending } = state;
  const shape = `${isSending}/${isOpen}/${document.documentElement.lang}`;
  if (root.dataset.shape !== shape || !root.firstElementChild) {
    root.dataset.shape = shape;
    fill(root, frame(isSending));
  }
  drawProgress(root);
  clearTimeout(leaving);
  if (!isSending && !isOpen && uploadSummary().refused === 0) leaving = window.setTimeout(dropUploads, STAY);
  if (isOpen) fill(find(root, '[data-files]'), html`${rows(state.items)}`);
}

/** @param {boolean} isSending */
function frame(isSending) {
  const end = t(isSending ? 'uploads.stop' : 'common.close');
  return html`<div class="uploads-head">
      <div class="uploads-text"><p class="uploads-title" data-title></p><p class="uploads-summary" role="status" data-summary></p></div>
      <button type="button" class="btn btn-icon ${isOpen && 'is-open'}" data-toggle aria-expanded="${String(isOpen)}" aria-label="${t('uploads.files')}" title="${t('uploads.files')}">${icon('chevron')}</button>
      <button type="button" class="btn btn-icon" data-stop aria-label="${end}" title="${end}">${icon('cross')}</button>
    </div>
    <div class="upload-bar" role="progressbar" aria-label="${t('uploads.region')}" aria-valuemin="0" aria-valuemax="100" data-bar ${!isSending && html`hidden`}></div>
    <p class="uploads-retry" data-again hidden><button type="button" class="btn btn-quiet" data-retry-files>${icon('retry')}${t('common.retry')}</button></p>
    ${isOpen && html`<ul class="uploads-files" tabindex="0" aria-label="${t('uploads.files')}" data-files></ul>`}`;
}

/** @param {HTMLElement} root */
function drawProgress(root) {
  const { project, isSending, items } = uploadState();
  const { share, added, duplicate, refused } = uploadSummary();
  // One step short of the end until the last answer is there.
  const shown = isSending ? Math.min(share, 0.99) : share;
  find(root, '[data-title]').textContent = isSending ? t('uploads.sending', { percent: percent(Math.round(shown * 100) / 100).replace(/[.,]0/, '') }) : t('uploads.done');
  const told = [project?.name, plural('uploads.added', added), duplicate > 0 && plural('uploads.duplicate', duplicate), refused > 0 && plural('uploads.refused', refused)];
  const text = told.filter(Boolean).join(' · ');
  const summary = find(root, '[data-summary]');
  if (summary.textContent !== text) summary.textContent = text;
  const bar = find(root, '[data-bar]');
  bar.dataset.share = String(shown);
  bar.setAttribute('aria-valuenow', String(Math.round(shown * 100)));
  drawBars(root);
  find(root, '[data-again]').hidden = isSending || !items.some(({ state, reason }) => state === 'refused' && isUnanswered(reason));
}

/** @param {unknown} reason */
const isUnanswered = (reason) => reason instanceof Error && isWorthRetrying(reason);

/** @param {Item[]} items */
function rows(items) {
  const ordered = ORDER.flatMap((state) => items.filter((item) => item.state === state));
  const more = ordered.length - MOST_SHOWN;
  return html`${ordered.slice(0, MOST_SHOWN).map(row)}${more > 0 && html`<li class="uploads-more">${plural('uploads.more', more)}</li>`}`;
}

/** @param {Item} item */
function row({ name, tag, state, reason, archive }) {
  return html`<li class="uploads-file" data-state="${state}">
    <span class="uploads-name" title="${name}">${name.split('/').pop()}</span>
    <span class="uploads-state">${archive ? plural('uploads.added', archive.added) : t(`upload_state.${state}`)}${tag && state !== 'refused' && html` · ${tag}`}</span>
    ${state === 'refused' && html`<span class="uploads-reason">${whyRefused(reason)}</span>`}
  </li>`;
}

/** @param {any} reason an error, or the server's result for the file */
function whyRefused(reason) {
  if (reason instanceof Error) return messageOf(reason);
  return hasText(`image_status.${reason?.status}`) ? t(`image_status.${reason.status}`) : (reason?.detail ?? '');
}

