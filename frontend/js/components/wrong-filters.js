// @ts-check
// The filters of the wrong predictions. They live in the address, so that it can be shared.
import { getTags, listUsers } from '../api.js';
import { fill, find, html } from '../dom.js';
import { fold } from '../format.js';
import { t } from '../i18n.js';
import { href } from '../router.js';
import { icon } from './icons.js';

export const WRONG_PREDICTIONS = '/wrong-predictions';
const NAMES = ['tag', 'correct_tag', 'username', 'from', 'to'];

/** The address of the list with these filters. @param {URLSearchParams | FormData} filters */
export function filteredAddress(filters) {
  const kept = NAMES.map((name) => [name, String(filters.get(name) ?? '').trim()]).filter(([, value]) => value);
  const text = new URLSearchParams(kept).toString();
  return text ? `${WRONG_PREDICTIONS}?${text}` : WRONG_PREDICTIONS;
}

/** @param {URLSearchParams} query */
export const isFiltered = (query) => NAMES.some((name) => Boolean(query.get(name)));

/** Whether a filter has to match whole. @param {URLSearchParams} query */
export const hasNames = (query) => ['tag', 'correct_tag', 'username'].some((name) => Boolean(query.get(name)));

/** What the API is asked: whole days of the person's own calendar. @param {URLSearchParams} query */
export function apiFilters(query) {
  return {
    tag: query.get('tag'),
    correct_tag: query.get('correct_tag'),
    username: query.get('username'),
    created_from: moment(query.get('from'), '00:00:00'),
    created_to: moment(query.get('to'), '23:59:59.999'),
  };
}

/** @param {string | null} day @param {string} time */
function moment(day, time) {
  const date = new Date(`${day}T${time}`);
  return day && !Number.isNaN(date.getTime()) ? date.toISOString() : null;
}

/** @param {URLSearchParams} query */
export function filterForm(query) {
  return html`<form class="filters" id="filters" role="search" aria-label="${t('wrong.filters')}" ${!isFiltered(query) && html`hidden`}>
    ${field('tag', t('wrong.filter_tag'), 'text', query)} ${field('correct_tag', t('tag.label'), 'text', query)}
    ${field('username', t('wrong.filter_user'), 'text', query)}
    ${field('from', t('wrong.filter_from'), 'date', query)} ${field('to', t('wrong.filter_to'), 'date', query)}
    <div class="filters-actions">
      <button type="submit" class="btn btn-quiet">${icon('filter')}${t('wrong.filter_apply')}</button>
      ${isFiltered(query) && html`<a class="btn btn-link-quiet" href="${href(WRONG_PREDICTIONS)}">${t('wrong.filter_clear')}</a>`}
    </div>
  </form>`;
}

/** @param {string} name @param {string} label @param {string} type @param {URLSearchParams} query */
function field(name, label, type, query) {
  return html`<div class="field">
    <label class="form-label" for="filter-${name}">${label}</label>
    <input class="form-control" id="filter-${name}" name="${name}" type="${type}" value="${query.get(name) ?? ''}" autocomplete="off" autocapitalize="none" spellcheck="false" ${type === 'text' && html`list="filter-${name}-list"`}>
    ${type === 'text' && html`<datalist id="filter-${name}-list"></datalist>`}
  </div>`;
}

/**
 * Offers the tags and usernames there are, once the person comes to the filters: the API matches them whole.
 * @param {HTMLElement} form
 * @param {() => import('../api.js').WrongPrediction[]} shown those in the list, whose correct tags may be new categories
 * @param {AbortSignal} signal
 */
export function suggestFilters(form, shown, signal) {
  const offer = async () => {
    const [tags, users] = await Promise.all([getTags(signal), listUsers(signal)]);
    const corrections = shown().flatMap(({ correct_tag }) => correct_tag ?? []);
    fill(find(form, '#filter-tag-list'), options(tags));
    fill(find(form, '#filter-correct_tag-list'), options([...new Set([...corrections, ...tags])]));
    fill(find(form, '#filter-username-list'), options(users.map(({ username }) => username)));
  };
  // Without suggestions the fields still work.
  form.addEventListener('focusin', () => void offer().catch(() => {}), { once: true, signal });
}

/** What the person meant where a suggestion differs from it by case, accents or spaces alone. @param {HTMLFormElement} form */
export function takeSuggestions(form) {
  for (const input of form.querySelectorAll('input')) {
    const meant = [...(input.list?.options ?? [])].map(({ value }) => value).filter((value) => fold(value) === fold(input.value));
    if (meant.length && !meant.includes(input.value)) input.value = meant[0];
  }
}

/** @param {string[]} values */
const options = (values) => html`${values.map((value) => html`<option value="${value}"></option>`)}`;
