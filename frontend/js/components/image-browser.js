// @ts-check
// The grid of a project's images with its pages, its selection bar, and what is done to those selected.
import { fill, find, html, on } from '../dom.js';
import { ApiError } from '../errors.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { listImages } from '../training-api.js';
import { dropInvitation } from './add-images.js';
import { askToDeleteImages, askToTag, selectionBar, untag } from './image-actions.js';
import { gridFrame, ImageGrid } from './image-grid.js';
import { viewImage } from './image-viewer.js';
import { empty, failure, loading, toast } from './notices.js';
import { UNTAGGED } from './tag-list.js';

const PAGE_SIZE = 60;

/** @typedef {import('../training-api.js').TrainingImage} TrainingImage */
/** @typedef {{project: import('../training-api.js').Project, tags: import('../training-api.js').Tag[], filter: string | null}} View */

export class ImageBrowser {
  /** @param {HTMLElement} root @param {View} view @param {() => void} onCounts counts have changed @param {AbortSignal} signal */
  constructor(root, view, onCounts, signal) {
    this.root = root;
    this.view = view;
    this.onCounts = onCounts;
    this.signal = signal;
    /** @type {Map<string, TrainingImage>} */
    this.images = new Map();
    /** @type {string | null} */
    this.next = null;
    /** @type {ImageGrid | null} */
    this.grid = null;
    /** Tells anew whether the end is near: it may still be after a page has come. */
    this.lookAgain = () => {};
    on(root, 'click', '[data-load-more]', (button) => void this.#loadMore(button), signal);
    on(root, 'click', '[data-select-none]', () => this.grid?.select([]), signal);
    on(root, 'click', '[data-select-all]', () => this.grid?.select([...this.images.keys()]), signal);
    on(root, 'click', '[data-tag-selected]', () => void askToTag(this.view, this.#selected()).then((images) => this.#changed(images)), signal);
    on(root, 'click', '[data-untag-selected]', () => void untag(this.view, this.#selected()).then((images) => this.#changed(images)), signal);
    on(root, 'click', '[data-delete-selected]', () => void this.#deleteSelected(), signal);
    on(root, 'click', '[data-open-selected]', () => this.#open(this.#selected()[0].id), signal);
  }

  /** Whether nobody has selected anything or asked for more. */
  get isUntouched() {
    return (this.grid?.selection.size ?? 0) === 0 && this.images.size <= PAGE_SIZE && !document.querySelector('dialog[open]');
  }

  /** @param {{isQuiet?: boolean}} [options] quiet: what is there stays until the new list comes */
  async loadFirst({ isQuiet = false } = {}) {
    if (!isQuiet) fill(this.root, loading());
    try {
      const { items, next } = await this.#page(null);
      if (this.signal.aborted) return;
      this.images = new Map(items.map((image) => [image.id, image]));
      this.next = next;
      this.#draw(items);
    } catch (error) {
      if (!this.signal.aborted) fill(this.root, failure(error));
    }
  }

  /** @param {string | null} cursor */
  #page(cursor) {
    const { project, filter } = this.view;
    const query = filter === UNTAGGED ? { untagged: true } : { tag: filter };
    return listImages(project.id, { ...query, cursor, limit: PAGE_SIZE }, this.signal);
  }

  /** @param {TrainingImage[]} items */
  #draw(items) {
    this.grid = null;
    if (!items.length) return fill(this.root, this.#nothing());
    fill(this.root, html`${gridFrame()}
      <p class="load-more" data-more ${!this.next && html`hidden`}><button type="button" class="btn btn-quiet btn-lg" data-load-more>${t('common.more')}</button></p>
      <div class="selection-bar" role="region" aria-label="${t('wrong.selection')}" data-selection hidden></div>`);
    const listeners = { onSelect: () => this.#drawSelection(), onOpen: (/** @type {string} */ id) => this.#open(id), onDelete: () => void this.#deleteSelected() };
    this.grid = new ImageGrid(find(this.root, '[data-grid]'), this.view.project.id, listeners, this.signal);
    this.grid.append(items);
    this.#loadWhenNear();
  }

  #nothing() {
    if (this.view.project.image_count === 0) return dropInvitation();
    return empty({ icon: 'photo', heading: t('images.none_here'), text: t('images.none_here_text') });
  }

  /** The next page is asked for before the person reaches the end of this one. */
  #loadWhenNear() {
    const button = find(this.root, '[data-load-more]');
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting) && !button.disabled) void this.#loadMore(button);
    }, { rootMargin: '600px' });
    this.lookAgain = () => {
      observer.unobserve(button);
      observer.observe(button);
    };
    this.lookAgain();
    this.signal.addEventListener('abort', () => observer.disconnect());
  }

  /** @param {HTMLButtonElement} button */
  async #loadMore(button) {
    if (!this.next) return;
    button.disabled = true;
    try {
      const { items, next } = await this.#page(this.next);
      if (this.signal.aborted) return;
      this.next = next;
      const fresh = items.filter(({ id }) => !this.images.has(id));
      fresh.forEach((image) => this.images.set(image.id, image));
      this.grid?.append(fresh);
      find(this.root, '[data-more]').hidden = !next;
      this.#drawSelection();
      this.lookAgain();
    } catch (error) {
      if (this.signal.aborted) return;
      if (error instanceof ApiError && error.code === 'cursor_invalid') return void this.loadFirst();
      toast(messageOf(error), 'problem');
    } finally {
      button.disabled = false;
    }
  }

  #drawSelection() {
    const selected = this.#selected();
    const bar = find(this.root, '[data-selection]');
    bar.hidden = selected.length === 0;
    fill(bar, selectionBar(selected, this.images.size));
  }

  /** @returns {TrainingImage[]} */
  #selected() {
    return [...(this.grid?.selection.ids ?? [])].flatMap((id) => this.images.get(id) ?? []);
  }

  /** @param {string} id */
  #open(id) {
    const image = this.images.get(id);
    if (image) void viewImage(this.view.project.id, image);
  }

  /** @param {TrainingImage[]} images as they are now */
  #changed(images) {
    if (!images.length || this.signal.aborted) return;
    const { filter } = this.view;
    const isHere = (/** @type {TrainingImage} */ { tags }) => (filter === UNTAGGED ? !tags.length : filter === null || tags.some(({ id }) => id === filter));
    for (const image of images) {
      if (isHere(image)) this.images.set(image.id, image);
      else this.images.delete(image.id);
      this.grid?.replace(image);
    }
    this.#finish(images.filter((image) => !isHere(image)).map(({ id }) => id));
  }

  async #deleteSelected() {
    const ids = await askToDeleteImages(this.view.project.id, this.#selected());
    if (!ids.length || this.signal.aborted) return;
    ids.forEach((id) => this.images.delete(id));
    this.#finish(ids);
  }

  /** @param {string[]} gone from this list */
  #finish(gone) {
    this.grid?.remove(gone);
    this.grid?.select([]);
    this.onCounts();
    if (this.images.size === 0) return void this.loadFirst();
    this.grid?.element.focus({ preventScroll: true });
  }
}
