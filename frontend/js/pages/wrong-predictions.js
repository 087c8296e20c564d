// @ts-check
// State 3: every photo judged NOK, to be analysed, relabelled and deleted.
import { listWrongPredictions } from '../api.js';
import { askToAddToTraining } from '../components/add-to-training.js';
import { icon } from '../components/icons.js';
import { empty, failure, loading, toast } from '../components/notices.js';
import { loadPrivateImages } from '../components/private-image.js';
import { wrongCard } from '../components/wrong-card.js';
import { askToDelete } from '../components/wrong-deletion.js';
import { apiFilters, filteredAddress, filterForm, hasNames, isFiltered, suggestFilters, takeSuggestions } from '../components/wrong-filters.js';
import { drawBars, fill, find, fragment, html, on } from '../dom.js';
import { ApiError } from '../errors.js';
import { plural, t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { go, HOME, href } from '../router.js';
import { keepReview, takeReview } from '../review.js';

const PAGE_SIZE = 48;

/** @typedef {{main: HTMLElement, query: URLSearchParams, signal: AbortSignal, items: import('../api.js').WrongPrediction[], next: string | null, selected: Set<number>}} List */

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('wrong.heading'),
  async show({ main, query, signal }) {
    const address = filteredAddress(query);
    const review = takeReview(address);
    /** @type {List} */
    const list = { main, query, signal, items: review?.items ?? [], next: review?.next ?? null, selected: new Set() };
    fill(main, frame(query));
    listen(list);
    rememberOnLeaving(list, address);
    if (review && list.items.length) {
      drawList(list);
      requestAnimationFrame(() => scrollTo(0, review.scroll));
    } else {
      void loadFirst(list);
    }
  },
};

/** @param {URLSearchParams} query */
function frame(query) {
  return html`<div class="page-head">
      <div>
        <h1 tabindex="-1">${t('wrong.heading')}</h1>
        <p class="page-lead">${t('wrong.lead')}</p>
      </div>
      <div class="page-actions">
        <button type="button" class="btn btn-quiet" data-filters aria-controls="filters" aria-expanded="${String(isFiltered(query))}">${icon('filter')}${t('wrong.filters')}</button>
        <button type="button" class="btn btn-quiet" data-go="${HOME}">${icon('home')}${t('common.home')}</button>
      </div>
    </div>
    ${filterForm(query)}
    <div data-list></div>
    <div class="selection-bar" role="region" aria-label="${t('wrong.selection')}" data-selection hidden></div>`;
}

/** @param {List} list */
async function loadFirst(list) {
  const root = find(list.main, '[data-list]');
  fill(root, loading());
  try {
    await load(list);
    if (!list.signal.aborted) drawList(list);
  } catch (error) {
    if (!list.signal.aborted) fill(root, failure(error));
  }
}

/** Adds the next page to the list. @param {List} list */
async function load(list) {
  const query = { ...apiFilters(list.query), limit: PAGE_SIZE, cursor: list.next };
  const { items, next } = await listWrongPredictions(query, list.signal);
  list.items.push(...items);
  list.next = next;
  return items;
}

/** @param {List} list */
function drawList({ main, query, signal, items, next, selected }) {
  const root = find(main, '[data-list]');
  fill(root, items.length === 0 ? nothing(query) : html`
    <ul class="wrong-grid">${items.map((wrong) => wrongCard(wrong, selected.has(wrong.id)))}</ul>
    ${next && html`<p class="load-more"><button type="button" class="btn btn-quiet btn-lg" data-load-more>${t('common.more')}</button></p>`}`);
  loadPrivateImages(root, signal);
}

/** @param {URLSearchParams} query */
function nothing(query) {
  if (!isFiltered(query)) return empty({ icon: 'check', heading: t('wrong.empty'), text: t('wrong.empty_text') });
  const action = html`<a class="btn btn-quiet" href="${href('/wrong-predictions')}">${t('wrong.filter_clear')}</a>`;
  return empty({ icon: 'search', heading: t('wrong.no_match'), text: t(hasNames(query) ? 'wrong.no_match_names' : 'wrong.no_match_text'), action });
}

/** @param {List} list */
function listen(list) {
  const { main, signal, selected } = list;
  suggestFilters(find(main, 'form'), () => list.items, signal);
  find(main, 'form').addEventListener('submit', (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    takeSuggestions(form);
    go(filteredAddress(new FormData(form)));
  });
  on(main, 'click', '[data-filters]', (button) => {
    const form = find(main, '#filters');
    form.hidden = !form.hidden;
    button.setAttribute('aria-expanded', String(!form.hidden));
  }, signal);
  on(main, 'click', '[data-load-more]', (button) => void loadMore(list, button), signal);
  on(main, 'click', '[data-delete]', (button) => void remove(list, [idOf(button)]), signal);
  on(main, 'click', '[data-delete-selected]', () => void remove(list, [...selected]), signal);
  on(main, 'click', '[data-learn-selected]', () => void learn(list), signal);
  on(main, 'click', '[data-select-all]', () => select(list, list.items.map(({ id }) => id)), signal);
  on(main, 'click', '[data-select-none]', () => select(list, []), signal);
  on(main, 'change', '[data-select]', (box) => {
    if (box.checked) selected.add(idOf(box));
    else selected.delete(idOf(box));
    drawSelection(list);
  }, signal);
}

/** @param {Element} element */
const idOf = (element) => Number(element.closest('[data-id]')?.getAttribute('data-id'));

/** @param {List} list @param {HTMLButtonElement} button */
async function loadMore(list, button) {
  button.disabled = true;
  try {
    const added = await load(list);
    const grid = find(list.main, '.wrong-grid');
    const cards = fragment(html`${added.map((wrong) => wrongCard(wrong, false))}`);
    const first = cards.querySelector('a');
    grid.append(cards);
    drawBars(grid);
    loadPrivateImages(grid, list.signal);
    first?.focus({ preventScroll: true });
    drawSelection(list);
    button.disabled = false;
    if (!list.next) button.remove();
  } catch (error) {
    if (list.signal.aborted) return;
    button.disabled = false;
    if (error instanceof ApiError && error.code === 'cursor_invalid') restart(list);
    toast(messageOf(error), 'problem');
  }
}

/** @param {List} list */
function restart(list) {
  list.items = [];
  list.next = null;
  select(list, []);
  void loadFirst(list);
}

/** @param {List} list @param {number[]} ids */
function select(list, ids) {
  list.selected.clear();
  ids.forEach((id) => list.selected.add(id));
  for (const box of list.main.querySelectorAll('[data-select]')) {
    /** @type {HTMLInputElement} */ (box).checked = list.selected.has(idOf(box));
  }
  drawSelection(list);
}

/** @param {List} list */
function drawSelection({ main, items, selected }) {
  const bar = find(main, '[data-selection]');
  bar.hidden = selected.size === 0;
  fill(bar, html`<button type="button" class="btn btn-icon" data-select-none aria-label="${t('wrong.clear_selection')}" title="${t('wrong.clear_selection')}">${icon('cross')}</button>
    <strong role="status">${plural('wrong.selected', selected.size)}</strong>
    <button type="button" class="btn btn-link-quiet" data-select-all>${plural('wrong.select_shown', items.length)}</button>
    <button type="button" class="btn btn-primary" data-learn-selected>${icon('layers')}${t('learn.action')}</button>
    <button type="button" class="btn btn-nok-quiet" data-delete-selected>${icon('trash')}${t('common.delete')}</button>`);
}

/** @param {List} list @param {number[]} ids */
async function remove(list, ids) {
  if ((await askToDelete(ids)) && !list.signal.aborted) takeAway(list, ids);
}

/** Moves those selected into a project. @param {List} list */
async function learn(list) {
  const gone = await askToAddToTraining(list.items.filter(({ id }) => list.selected.has(id)));
  if (gone.length && !list.signal.aborted) takeAway(list, gone);
}

/** @param {List} list @param {number[]} ids */
function takeAway(list, ids) {
  list.items = list.items.filter(({ id }) => !ids.includes(id));
  for (const id of ids) {
    list.selected.delete(id);
    list.main.querySelector(`[data-id="${id}"]`)?.remove();
  }
  drawSelection(list);
  if (list.items.length === 0) restart(list);
  find(list.main, 'h1').focus({ preventScroll: true });
}

/** @param {List} list @param {string} address */
function rememberOnLeaving(list, address) {
  // Leaving has emptied the screen when the signal comes, so the place is noted as it changes.
  let scroll = 0;
  addEventListener('scroll', () => (scroll = scrollY), { signal: list.signal, passive: true });
  list.signal.addEventListener('abort', () => keepReview({ address, items: list.items, next: list.next, scroll }));
}
