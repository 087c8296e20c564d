// @ts-check
// Which tags are taken for which: a matrix for a few tags; for many, the confusions that matter, then the matrix.
import { fill, find, html, on } from '../dom.js';
import { number, percent, plural, t } from '../i18n.js';
import { heat, topConfusions } from '../report.js';

/** @typedef {import('../report.js').Confusion} Confusion @typedef {import('../report.js').Named} Named */
/** @typedef {(actual: Named, predicted: Named | null) => void} OnOpen */

/** With more tags than this the cells have no numbers, and the list comes first. */
const FEW_TAGS = 14;
const MOST_LISTED = 12;

/**
 * Draws the matrix in `root` anew.
 * @param {HTMLElement} root
 * @param {Confusion} confusion
 */
export function drawConfusion(root, confusion) {
  const isLarge = confusion.tags.length > FEW_TAGS;
  const wasOpen = root.querySelector('details')?.open ?? false;
  const had = /** @type {HTMLElement | null} */ (root.contains(document.activeElement) ? document.activeElement : null);
  const cell = had?.dataset.cell;
  const list = topList(confusion);
  fill(root, isLarge ? html`${list}<details class="numbers" ${wasOpen && html`open`}><summary>${t('confusion.whole')}</summary><div data-whole>${wasOpen && matrix(confusion, true)}</div></details>` : html`<div class="confusion-parts">${matrix(confusion, false)}<div>${list}</div></div>`);
  giveStop(root, cell);
}

/** One cell is a stop for the Tab key: the one that had the focus, which gets it back, or the first. @param {HTMLElement} root @param {string} [cell] */
function giveStop(root, cell) {
  const stop = (cell && root.querySelector(`[data-cell="${cell}"]`)) ?? root.querySelector('[data-cell]');
  if (!(stop instanceof HTMLElement)) return;
  stop.tabIndex = 0;
  if (cell) stop.focus({ preventScroll: true });
}

/** @param {Confusion} confusion */
function topList(confusion) {
  const found = topConfusions(confusion, MOST_LISTED);
  if (!found.length) return html`<p class="section-lead">${t('confusion.none')}</p>`;
  return html`<h3 class="small-heading">${t('confusion.most')}</h3>
    <ul class="confusion-list">${found.map(({ actual, predicted, count, share }) => html`<li>
      <button type="button" data-actual="${actual.id}" data-predicted="${predicted?.id ?? 'none'}">
        <span>${t('confusion.pair', { actual: actual.name, predicted: predicted?.name ?? t('confusion.no_tag') })}</span>
        <span class="confusion-count">${plural('projects.images', count)} · ${percent(share)}</span>
      </button></li>`)}</ul>`;
}

/** @param {Confusion} confusion @param {boolean} isLarge */
function matrix({ tags, counts }, isLarge) {
  const columns = [...tags, null];
  return html`<div class="table-scroll matrix-scroll" tabindex="0" role="region" aria-label="${t('confusion.heading')}">
    <table class="matrix ${isLarge && 'is-large'}">
      <caption class="visually-hidden">${t('confusion.caption')}</caption>
      <thead><tr><td class="matrix-corner"><span>${t('confusion.actual')}</span></td>${columns.map((tag) => html`<th scope="col"><span>${tag?.name ?? t('confusion.no_tag')}</span></th>`)}</tr></thead>
      <tbody>${counts.map((row, actual) => {
        const total = row.reduce((sum, count) => sum + count, 0);
        return html`<tr><th scope="row"><span>${tags[actual].name}</span></th>${row.map((count, predicted) => cellOf(actual, predicted, count, total, tags, isLarge))}</tr>`;
      })}</tbody>
    </table>
  </div>`;
}

/** @param {number} actual @param {number} predicted @param {number} count @param {number} total @param {Named[]} tags @param {boolean} isLarge */
function cellOf(actual, predicted, count, total, tags, isLarge) {
  const kind = actual === predicted ? 'right' : 'wrong';
  if (count === 0) return html`<td data-kind="${kind}" data-heat="0">${!isLarge && '0'}</td>`;
  const label = t('confusion.cell', { actual: tags[actual].name, predicted: tags[predicted]?.name ?? t('confusion.no_tag'), count: plural('projects.images', count) });
  return html`<td data-kind="${kind}" data-heat="${heat(count, total)}"><button type="button" tabindex="-1" data-cell="${actual}-${predicted}" data-actual="${tags[actual].id}" data-predicted="${tags[predicted]?.id ?? 'none'}" aria-label="${label}" title="${label}">${!isLarge && number(count)}</button></td>`;
}

/** Arrows lead from cell to cell; pressing one opens its images. @param {HTMLElement} root @param {() => Confusion} confusion @param {OnOpen} onOpen @param {AbortSignal} signal */
export function listenToConfusion(root, confusion, onOpen, signal) {
  on(root, 'click', '[data-actual]', (button) => {
    const { tags } = confusion();
    const named = (/** @type {string} */ id) => tags.find((tag) => tag.id === id) ?? null;
    const actual = named(button.dataset.actual);
    if (actual) onOpen(actual, named(button.dataset.predicted));
  }, signal);
  // Ten thousand cells are drawn only for who wants to see them. The event does not rise.
  root.addEventListener('toggle', (event) => {
    const whole = /** @type {HTMLElement} */ (event.target).querySelector('[data-whole]');
    if (!whole || whole.firstElementChild) return;
    fill(whole, matrix(confusion(), true));
    giveStop(root);
  }, { capture: true, signal });
  on(root, 'keydown', '[data-cell]', (button, event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[/** @type {string} */ (event.key)];
    if (!step) return;
    event.preventDefault();
    const [row, column] = button.dataset.cell.split('-').map(Number);
    const next = nextCell(root, row, column, step);
    if (!next) return;
    // One stop for the Tab key, wherever the arrows have led.
    button.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }, signal);
}

/** The next cell with images in a direction. @param {HTMLElement} root @param {number} row @param {number} column @param {number[]} step @returns {HTMLElement | null} */
function nextCell(root, row, column, [down, right]) {
  const most = find(root, '.matrix tbody').rows.length;
  for (let distance = 1; distance <= most; distance += 1) {
    const found = root.querySelector(`[data-cell="${row + down * distance}-${column + right * distance}"]`);
    if (found) return /** @type {HTMLElement} */ (found);
  }
  return null;
}
