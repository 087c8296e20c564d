// @ts-check
// The large frame where the photo shows up, and what is happening to it.
import { drawBars, fill, find, html } from '../dom.js';
import { isWorthRetrying } from '../errors.js';
import { bytes, currentLanguage, number, t } from '../i18n.js';
import { extensions, megabytes } from '../image-files.js';
import { messageOf } from '../messages.js';
import { icon } from './icons.js';

/** @typedef {import('../photo.js').PhotoState} PhotoState @typedef {import('../image-files.js').UploadLimits} Limits */

/** The frame, to be filled by drawViewfinder. */
export function viewfinderFrame() {
  return html`<section class="viewfinder" aria-label="${t('home.photo_region')}" data-stage="empty">
    <span class="corners" aria-hidden="true"><i></i><i></i><i></i><i></i></span>
    <div class="viewfinder-picture" data-picture></div>
    <div data-status></div>
    <p class="viewfinder-drop" aria-hidden="true">${t('home.drop_now')}</p>
  </section>`;
}

/**
 * Brings the frame up to date. The picture is drawn once a photo, for progress comes many times a second.
 * @param {HTMLElement} frame
 * @param {PhotoState} state
 * @param {Limits} limits
 */
export function drawViewfinder(frame, state, limits) {
  const shown = state.url || state.file?.name || 'nothing';
  if (frame.dataset.shown !== shown) {
    frame.dataset.shown = shown;
    fill(find(frame, '[data-picture]'), state.url ? picture(state) : invitation(state));
    frame.querySelector('[data-photo]')?.addEventListener('error', () => frame.classList.add('is-unseen'));
    frame.classList.remove('is-unseen');
  }
  const bar = frame.querySelector('.upload');
  if (frame.dataset.stage !== state.stage || !bar) fill(find(frame, '[data-status]'), html`${status(state, limits)}`);
  else moveBar(bar, state.progress);
  frame.dataset.stage = state.stage;
}

/** @param {Element} bar @param {number} share */
function moveBar(bar, share) {
  bar.setAttribute('aria-valuenow', String(Math.round(share * 100)));
  find(bar, '[data-share]').dataset.share = String(share);
  drawBars(bar);
}

/** @param {PhotoState} state */
function invitation(state) {
  if (state.file) return html`<div class="viewfinder-empty">${icon('photo')}<p>${state.file.name}</p></div>`;
  return html`<div class="viewfinder-empty">
    <span class="viewfinder-icon">${icon('photo')}</span>
    <p class="viewfinder-placeholder">${t('home.placeholder')}</p>
    <p class="viewfinder-hint">${t('home.drop_hint')}</p>
  </div>`;
}

/** @param {PhotoState} state */
function picture({ url, file }) {
  return html`<img class="viewfinder-backdrop" src="${url}" alt="" aria-hidden="true">
    <img class="viewfinder-photo" src="${url}" alt="${t('home.photo_alt', { name: file?.name ?? '' })}" data-photo>
    <div class="viewfinder-empty viewfinder-unseen">${icon('photo')}<p>${t('home.photo_unseen')}</p></div>
    <span class="viewfinder-sweep" aria-hidden="true"></span>`;
}

/** @param {PhotoState} state @param {Limits} limits */
function status(state, limits) {
  if (state.stage === 'uploading') {
    return html`<div class="viewfinder-status">
      <div class="upload" role="progressbar" aria-label="${t('home.uploading')}" aria-valuemin="0" aria-valuemax="100" aria-valuenow="${Math.round(state.progress * 100)}">
        <span class="upload-text">${t('home.uploading')}</span>
        <span class="upload-bar" data-share="${state.progress}"></span>
      </div>
      ${cancelButton()}
    </div>`;
  }
  if (state.stage === 'looking') {
    return html`<div class="viewfinder-status"><span class="pulse" aria-hidden="true"></span><span>${t('home.looking')}</span>${cancelButton()}</div>`;
  }
  if (state.stage === 'shrinking') {
    return html`<div class="viewfinder-status"><span class="pulse" aria-hidden="true"></span><span>${t('home.shrinking')}</span></div>`;
  }
  if (state.stage === 'refused') return problem(refusal(state, limits), ['size', 'pixels'].includes(state.problem) && shrinkButton());
  if (state.stage === 'failed') return problem(messageOf(state.error, { formats: listed(limits.formats) }), remedy(state.error));
  return '';
}

/** @param {string} text @param {any} action */
function problem(text, action) {
  return html`<div class="viewfinder-problem" role="alert">
    <span class="viewfinder-problem-icon">${icon('alert')}</span>
    <div>
      <p class="viewfinder-problem-title">${t('home.failed')}</p>
      <p>${text}</p>
      ${action}
    </div>
  </div>`;
}

/** Why the file was not sent. @param {PhotoState} state @param {Limits} limits */
function refusal({ problem: code, file }, limits) {
  if (code === 'type') return t('error.image_format_unsupported', { formats: listed(limits.formats) });
  return t(`file.${code}`, {
    size: bytes(file?.size ?? 0),
    limit: bytes(limits.max_upload_bytes),
    millions: number(Math.floor(limits.max_pixels / 100_000) / 10),
  });
}

/** "jpg, png or webp". @param {string[]} formats */
function listed(formats) {
  return new Intl.ListFormat(currentLanguage(), { type: 'disjunction' }).format(extensions(formats));
}

const TOO_LARGE = ['image_too_many_pixels', 'image_too_large', 'request_too_large'];

/** What to do about a photo that was sent in vain: no button where none can help. @param {any} error */
function remedy(error) {
  if (TOO_LARGE.includes(error?.code)) return shrinkButton();
  return isWorthRetrying(error) && retryButton();
}

const cancelButton = () =>
  html`<button type="button" class="btn btn-icon" data-cancel aria-label="${t('home.cancel_upload')}" title="${t('home.cancel_upload')}">${icon('cross')}</button>`;
const retryButton = () =>
  html`<button type="button" class="btn btn-primary btn-sm" data-send-again>${icon('retry')}${t('common.retry')}</button>`;
const shrinkButton = () =>
  html`<button type="button" class="btn btn-primary btn-sm" data-shrink>${t('home.shrink')}</button>`;

/** What may be sent, in the user's words, and the formats we take besides. @param {Limits} limits */
export function fileNotes({ formats, max_upload_bytes }) {
  const others = extensions(formats).filter((extension) => extension !== 'jpg');
  const size = t('home.size_limit', { count: number(megabytes(max_upload_bytes)) });
  return html`<p><span>${t('home.formats')}</span> ${others.length > 0 && html`<span>${t('home.formats_more', { formats: others.join(', ') })}</span>`}</p>
    <p>${t('home.size', { size })}</p>`;
}
