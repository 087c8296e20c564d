// @ts-check
// Images that need our token: fetched when they come into view, shown from memory, then let go.
import { getImage } from '../api.js';
import { fragment, html } from '../dom.js';
import { t } from '../i18n.js';
import { icon } from './icons.js';

/**
 * Room for an image; loadPrivateImages fills it.
 * @param {string} url
 * @param {string} alt
 * @param {boolean} [hasBackdrop] whether the image, blurred, also fills what it leaves free
 */
export function privateImage(url, alt, hasBackdrop = false) {
  return html`<span class="private-image" data-url="${url}"><img alt="${alt}" hidden>
    ${hasBackdrop && html`<img class="private-backdrop" alt="" hidden>`}</span>`;
}

/**
 * Loads each image under `root` that has not been yet, once it is near the visible part.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal leaving the screen gives the memory back
 */
export function loadPrivateImages(root, signal) {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        void load(/** @type {HTMLElement} */ (target), signal);
      }
    },
    { rootMargin: '300px' },
  );
  for (const frame of root.querySelectorAll('.private-image:not([data-state])')) {
    frame.setAttribute('data-state', 'waiting');
    observer.observe(frame);
  }
  signal.addEventListener('abort', () => observer.disconnect());
}

/** @param {HTMLElement} frame @param {AbortSignal} signal */
async function load(frame, signal) {
  try {
    await show(frame, await getImage(String(frame.dataset.url), signal), signal);
    frame.dataset.state = 'shown';
  } catch {
    if (signal.aborted) return;
    frame.dataset.state = 'missing';
    // Inside a link, the link's own name already says what this is.
    const isNamed = frame.closest('a') !== null;
    frame.append(fragment(html`<span class="private-image-missing" ${isNamed && html`aria-hidden="true"`}>${icon('photo')}${t('wrong.image_gone')}</span>`));
  }
}

/** @param {HTMLElement} frame @param {Blob} bytes @param {AbortSignal} signal */
async function show(frame, bytes, signal) {
  const url = URL.createObjectURL(bytes);
  const letGo = () => URL.revokeObjectURL(url);
  try {
    for (const image of frame.querySelectorAll('img')) {
      if (signal.aborted) return;
      image.src = url;
      await image.decode();
      image.hidden = false;
    }
  } finally {
    // Never under an image that is still read: the browser would report a file not found.
    if (signal.aborted) letGo();
    else signal.addEventListener('abort', letGo);
  }
}
