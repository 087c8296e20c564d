// @ts-check
// Training images as a grid that is selected from like a folder of files, by mouse, touch or keyboard.
import { fragment, html } from '../dom.js';
import { t } from '../i18n.js';
import { Selection } from '../selection.js';
import { thumbnailUrl } from '../training-api.js';
import { icon } from './icons.js';
import { loadPrivateImages, privateImage } from './private-image.js';

/** @typedef {import('../training-api.js').TrainingImage} TrainingImage */
/** @typedef {{onSelect: () => void, onOpen: (id: string) => void, onDelete: () => void}} Listeners */

/** The grid, to be put on the page once. */
export const gridFrame = () =>
  html`<ul class="image-grid" role="listbox" aria-multiselectable="true" aria-label="${t('images.grid')}" tabindex="0" data-grid></ul>`;

/** @param {string} project @param {TrainingImage} image */
function tile(project, { id, name, tags }) {
  const said = tags.map((tag) => tag.name).join(', ') || t('images.no_tag');
  return html`<li class="image-tile" role="option" aria-selected="false" id="image-${id}" data-id="${id}" aria-label="${t('images.tile', { name, tags: said })}">
    ${privateImage(thumbnailUrl(project, id), '')}
    <span class="image-tile-check" aria-hidden="true">${icon('check')}</span>
    <span class="image-tile-tag ${tags.length === 0 && 'is-none'}" title="${said}">${said}</span>
  </li>`;
}

export class ImageGrid {
  /**
   * @param {HTMLElement} element of gridFrame
   * @param {string} project
   * @param {Listeners} listeners
   * @param {AbortSignal} signal
   */
  constructor(element, project, listeners, signal) {
    this.element = element;
    this.project = project;
    this.listeners = listeners;
    this.signal = signal;
    this.selection = new Selection();
    /** @type {string | null} */
    this.active = null;
    element.addEventListener('click', (event) => this.#onClick(event), { signal });
    element.addEventListener('dblclick', (event) => this.#onOpen(event), { signal });
    element.addEventListener('keydown', (event) => this.#onKey(event), { signal });
  }

  get order() {
    return [...this.element.children].map((each) => String(/** @type {HTMLElement} */ (each).dataset.id));
  }

  /** @param {TrainingImage[]} images added at the end */
  append(images) {
    this.element.append(fragment(html`${images.map((image) => tile(this.project, image))}`));
    loadPrivateImages(this.element, this.signal);
  }

  /** Takes images off the page. @param {string[]} ids */
  remove(ids) {
    for (const id of ids) this.#tile(id)?.remove();
    this.selection.keepOnly(this.order);
    this.draw();
  }

  /** @param {TrainingImage} image whose tags are other ones now */
  replace(image) {
    const fresh = fragment(html`${tile(this.project, image)}`).firstElementChild;
    const old = this.#tile(image.id);
    if (!old || !fresh) return;
    // The picture stays, for it is there already.
    fresh.querySelector('.private-image')?.replaceWith(/** @type {Element} */ (old.querySelector('.private-image')));
    old.replaceWith(fresh);
  }

  /** @param {string[]} ids */
  select(ids) {
    this.selection.set(ids);
    this.draw();
  }

  draw() {
    for (const each of this.element.children) {
      const { id } = /** @type {HTMLElement} */ (each).dataset;
      each.setAttribute('aria-selected', String(this.selection.has(String(id))));
      each.classList.toggle('is-active', id === this.active);
    }
    this.element.classList.toggle('is-selecting', this.selection.size > 0);
    if (this.active && this.#tile(this.active)) this.element.setAttribute('aria-activedescendant', `image-${this.active}`);
    else this.element.removeAttribute('aria-activedescendant');
    this.listeners.onSelect();
  }

  /** @param {string} id @returns {HTMLElement | null} */
  #tile(id) {
    return this.element.querySelector(`[data-id="${id}"]`);
  }

  /** @param {Event} event */
  #idAt(event) {
    const found = /** @type {Element} */ (event.target).closest('.image-tile');
    return found instanceof HTMLElement ? String(found.dataset.id) : null;
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const id = this.#idAt(event);
    // The second click of a double one opens; the first has toggled already.
    if (!id || event.detail > 1) return;
    this.active = id;
    if (event.shiftKey) this.selection.extendTo(this.order, id);
    else this.selection.toggle(id);
    this.draw();
  }

  /** @param {MouseEvent} event */
  #onOpen(event) {
    const id = this.#idAt(event);
    if (!id) return;
    this.selection.toggle(id);
    this.draw();
    this.listeners.onOpen(id);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const order = this.order;
    if (!order.length) return;
    const at = this.active ? order.indexOf(this.active) : -1;
    const to = this.#destination(event.key, at, order.length);
    if (to !== null) {
      event.preventDefault();
      if (event.shiftKey && this.selection.anchor === null && at >= 0) this.selection.anchor = order[at];
      this.active = order[to];
      if (event.shiftKey) this.selection.extendTo(order, this.active);
      this.#tile(this.active)?.scrollIntoView({ block: 'nearest' });
      return this.draw();
    }
    if (event.key === ' ' && this.active) this.selection.toggle(this.active);
    else if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey)) this.selection.set(order);
    else if (event.key === 'Escape' && this.selection.size) this.selection.set([]);
    else if (event.key === 'Enter' && this.active) return this.listeners.onOpen(this.active);
    else if (event.key === 'Delete' && this.selection.size) return this.listeners.onDelete();
    else return;
    event.preventDefault();
    this.draw();
  }

  /** Where a key leads, or null. @param {string} key @param {number} at @param {number} count */
  #destination(key, at, count) {
    const columns = getComputedStyle(this.element).gridTemplateColumns.split(' ').length;
    /** @type {Record<string, number>} */
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    if (key === 'Home') return 0;
    if (key === 'End') return count - 1;
    if (!(key in steps)) return null;
    if (at < 0) return 0;
    return Math.max(0, Math.min(count - 1, at + steps[key]));
  }
}
