// @ts-check
// Precision, recall and average precision of each tag, to be sorted and searched.
import { fill, find, html, on } from '../dom.js';
import { fold } from '../format.js';
import { number, t } from '../i18n.js';
import { sortTags } from '../report.js';
import { icon } from './icons.js';
import { share } from './iteration-list.js';

/** @typedef {import('../report.js').TagMetrics} TagMetrics @typedef {import('../report.js').SortKey} SortKey */

const MANY_TAGS = 12;
/** @type {SortKey[]} */
const COLUMNS = ['name', 'images', 'precision', 'recall', 'average_precision'];
/** What a tag is sorted by may be asked for from the weakest up. */
const FROM_HIGH = ['images'];

export class TagMetricsTable {
  /** @param {HTMLElement} root @param {number} count of tags @param {AbortSignal} signal */
  constructor(root, count, signal) {
    this.root = root;
    /** @type {TagMetrics[]} */
    this.tags = [];
    /** @type {SortKey | null} the iteration's own order until the person chooses one */
    this.key = null;
    this.isDescending = false;
    fill(root, html`${count > MANY_TAGS && html`<div class="search">${icon('search')}<input type="search" class="form-control" aria-label="${t('images.find_tag')}" placeholder="${t('images.find_tag')}" autocomplete="off" data-find></div>`}
      <div class="table-scroll tall" tabindex="0" role="region" aria-label="${t('report.per_tag')}"><table class="table numbers-table metrics-table">
        <thead><tr>${COLUMNS.map((key) => html`<th scope="col" data-column="${key}"><button type="button" class="sort-button" data-sort="${key}">${t(`metric.${key}`)}${icon('chevron')}</button></th>`)}</tr></thead>
        <tbody data-rows></tbody>
      </table></div>`);
    on(root, 'click', '[data-sort]', (button) => this.#sortBy(button.dataset.sort), signal);
    on(root, 'input', '[data-find]', () => this.#drawRows(), signal);
  }

  /** @param {TagMetrics[]} tags */
  show(tags) {
    this.tags = tags;
    this.#drawRows();
  }

  /** @param {SortKey} key */
  #sortBy(key) {
    this.isDescending = this.key === key ? !this.isDescending : FROM_HIGH.includes(key);
    this.key = key;
    for (const column of this.root.querySelectorAll('[data-column]')) {
      const isIt = /** @type {HTMLElement} */ (column).dataset.column === key;
      if (isIt) column.setAttribute('aria-sort', this.isDescending ? 'descending' : 'ascending');
      else column.removeAttribute('aria-sort');
    }
    this.#drawRows();
  }

  #drawRows() {
    const text = /** @type {HTMLInputElement | null} */ (this.root.querySelector('[data-find]'))?.value ?? '';
    const ordered = this.key ? sortTags(this.tags, this.key, this.isDescending) : this.tags;
    const kept = ordered.filter(({ name }) => fold(name).includes(fold(text)));
    fill(find(this.root, '[data-rows]'), html`${kept.map(row)}`);
  }
}

/** @param {TagMetrics} tag */
function row({ name, images, precision, recall, average_precision }) {
  return html`<tr>
    <th scope="row">${name}</th><td>${number(images)}</td>
    ${[precision, recall, average_precision].map((value) => html`<td class="with-bar">${share(value)}<i class="bar" aria-hidden="true"><b data-share="${value ?? 0}"></b></i></td>`)}
  </tr>`;
}
