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
 */
export function privateImage(url, alt) {
  return html`<span class="private-image" data-url="${url}"><img alt="${alt}" hidden></span>`;
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
  const image = /** @type {HTMLImageElement} */ (frame.querySelector('img'));
  try {
    const url = URL.createObjectURL(await getImage(String(frame.dataset.url), signal));
    signal.addEventListener('abort', () => URL.revokeObjectURL(url));
    image.src = url;
    await image.decode();
    image.hidden = false;
    frame.dataset.state = 'shown';
  } catch {
    if (signal.aborted) return;
    frame.dataset.state = 'missing';
    frame.append(fragment(html`<span class="private-image-missing">${icon('photo')}${t('wrong.image_gone')}</span>`));
  }
}
