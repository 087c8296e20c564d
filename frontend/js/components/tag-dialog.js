// @ts-check
// "Which tag is correct?": a search field over the model's tags that also takes a new one.
import { getTags } from '../api.js';
import { fill, find, html, on } from '../dom.js';
import { plural, t } from '../i18n.js';
import { isUnclear, meantTag, rankTags, tidyTag } from '../tags.js';
import { openDialog, FormProblem } from './dialog.js';
import { icon } from './icons.js';

const LONGEST_TAG = 128;

/**
 * Asks for the correct tag.
 * @param {{title: string, text: string, submit: string, suggestions: string[], loadMore?: () => Promise<string[]>,
 *   value?: string, label?: string, secondary?: import('../dom.js').Markup, onSubmit: (tag: string) => any,
 *   onOpen?: (opened: import('./dialog.js').Opened) => void}} facts suggestions come first, loadMore gives the others
 */
export function askTag({ suggestions, loadMore, value = '', label = t('tag.label'), onSubmit, onOpen, ...facts }) {
  /** @type {() => string} */
  let chosenTag;
  return openDialog({
    ...facts,
    cancel: false,
    body: html`<div class="field">
      <label class="form-label" for="tag-input">${label}</label>
      <div class="search">
        ${icon('search')}
        <input class="form-control" id="tag-input" name="tag" role="combobox" aria-autocomplete="list" aria-expanded="true"
          aria-controls="tag-list" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="${LONGEST_TAG}"
          placeholder="${t('tag.placeholder')}" value="${value}">
      </div>
      <ul id="tag-list" class="choices" role="listbox" aria-label="${t('tag.suggestions')}"></ul>
      <p class="visually-hidden" role="status" data-count></p>
    </div>`,
    onOpen: (opened) => {
      chosenTag = startPicker(opened.dialog, suggestions, loadMore);
      onOpen?.(opened);
    },
    onSubmit: () => onSubmit(chosenTag()),
  });
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {string[]} suggestions
 * @param {(() => Promise<string[]>) | undefined} loadMore
 * @returns {() => string} the tag to send; throws FormProblem
 */
function startPicker(dialog, suggestions, loadMore) {
  const input = find(dialog, '#tag-input');
  const list = find(dialog, '#tag-list');
  const before = input.value;
  let tags = suggestions;
  let note = '';
  let active = -1;
  /** The new category the person picked from the list. */
  let picked = '';

  const draw = () => {
    const typed = tidyTag(input.value);
    // The tag there was is no search: every tag may take its place.
    const shown = rankTags(tags, input.value === before ? '' : typed);
    const meant = meantTag(tags, typed);
    const isNew = typed !== '' && typed !== before && !tags.includes(meant);
    const selected = isUnclear(tags, typed) && picked !== typed ? '' : meant;
    active = -1;
    input.removeAttribute('aria-activedescendant');
    fill(list, html`${shown.map((tag) => option(tag, tag, selected))}${isNew && option(typed, t('tag.new', { text: typed }), selected)}`);
    find(dialog, '[data-count]').textContent = note || (shown.length ? plural('tag.found', shown.length) : t('tag.none'));
  };
  const choose = (/** @type {HTMLElement} */ choice) => {
    picked = input.value = String(choice.dataset.tag);
    draw();
    input.focus();
  };
  const move = (/** @type {number} */ step) => {
    const choices = [...list.children];
    if (!choices.length) return;
    active = active < 0 && step < 0 ? choices.length - 1 : (active + step + choices.length) % choices.length;
    choices.forEach((choice, index) => choice.classList.toggle('is-active', index === active));
    choices[active].id = 'tag-active';
    choices.forEach((choice, index) => index !== active && choice.removeAttribute('id'));
    input.setAttribute('aria-activedescendant', 'tag-active');
    choices[active].scrollIntoView({ block: 'nearest' });
  };

  input.addEventListener('input', draw);
  on(list, 'click', '[data-tag]', choose);
  input.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter' && active >= 0) {
      event.preventDefault();
      choose(/** @type {HTMLElement} */ (list.children[active]));
    }
  });
  draw();
  void loadMore?.().then(
    (all) => (tags = [...suggestions, ...all.filter((tag) => !suggestions.includes(tag))]),
    () => (note = t('tag.unavailable')),
  ).then(() => dialog.isConnected && draw());
  return () => {
    const typed = tidyTag(input.value);
    if (typed.length > LONGEST_TAG) throw new FormProblem(t('tag.too_long'));
    if (typed !== before && typed !== picked && isUnclear(tags, typed)) throw new FormProblem(t('tag.unclear', { text: typed }));
    return meantTag(tags, typed);
  };
}

/** @param {string} tag @param {string} label @param {string} selected */
const option = (tag, label, selected) =>
  html`<li role="option" data-tag="${tag}" aria-selected="${String(tag === selected)}">${label}</li>`;

/** @type {Promise<string[]> | null} */
let loaded = null;

/** The model's tags, asked once a minute at most, for publishing may change them. */
export function loadTags() {
  if (loaded) return loaded;
  const forget = () => (loaded = null);
  loaded = getTags();
  loaded.then(() => setTimeout(forget, 60_000), forget);
  return loaded;
}
