// @ts-check
// "Which tag is correct?": a search field over the model's tags that also takes a new one.
import { getTags } from '../api.js';
import { fill, find, html, on } from '../dom.js';
import { fold } from '../format.js';
import { plural, t } from '../i18n.js';
import { openDialog, FormProblem } from './dialog.js';
import { icon } from './icons.js';

const MOST_SHOWN = 40;
const LONGEST_TAG = 128;

/**
 * The tags to offer for what was typed: those that start with it, then those that contain it.
 * @param {string[]} tags
 * @param {string} typed
 */
export function rankTags(tags, typed) {
  const wanted = fold(typed);
  if (!wanted) return tags.slice(0, MOST_SHOWN);
  const starting = tags.filter((tag) => fold(tag).startsWith(wanted));
  const containing = tags.filter((tag) => fold(tag).indexOf(wanted) > 0);
  return [...starting, ...containing].slice(0, MOST_SHOWN);
}

/**
 * Asks for the correct tag.
 * @param {{title: string, text: string, submit: string, suggestions: string[], value?: string,
 *   secondary?: import('../dom.js').Markup, onSubmit: (tag: string) => any,
 *   onOpen?: (opened: import('./dialog.js').Opened) => void}} facts suggestions come first while nothing is typed
 */
export function askTag({ suggestions, value = '', onSubmit, onOpen, ...facts }) {
  return openDialog({
    ...facts,
    cancel: false,
    body: html`<div class="field">
      <label class="form-label" for="tag-input">${t('tag.label')}</label>
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
      startPicker(opened.dialog, suggestions);
      onOpen?.(opened);
    },
    onSubmit: (form) => {
      const tag = String(form.get('tag')).trim();
      if (tag.length > LONGEST_TAG) throw new FormProblem(t('tag.too_long'));
      return onSubmit(tag);
    },
  });
}

/** @param {HTMLDialogElement} dialog @param {string[]} suggestions */
function startPicker(dialog, suggestions) {
  const input = find(dialog, '#tag-input');
  const list = find(dialog, '#tag-list');
  let tags = suggestions;
  let note = '';
  let active = -1;

  const draw = () => {
    const typed = input.value.trim();
    const shown = rankTags(tags, typed);
    const isNew = typed !== '' && !tags.some((tag) => fold(tag) === fold(typed));
    active = -1;
    input.removeAttribute('aria-activedescendant');
    fill(list, html`${isNew && option(typed, t('tag.new', { text: typed }), typed)}${shown.map((tag) => option(tag, tag, typed))}`);
    find(dialog, '[data-count]').textContent = note || (shown.length ? plural('tag.found', shown.length) : t('tag.none'));
  };
  const choose = (/** @type {HTMLElement} */ choice) => {
    input.value = choice.dataset.tag;
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
  void loadTags().then(
    (all) => (tags = [...suggestions, ...all.filter((tag) => !suggestions.includes(tag))]),
    () => (note = t('tag.unavailable')),
  ).then(() => dialog.isConnected && draw());
}

/** @param {string} tag @param {string} label @param {string} typed */
const option = (tag, label, typed) =>
  html`<li role="option" data-tag="${tag}" aria-selected="${String(tag === typed)}">${label}</li>`;

/** @type {Promise<string[]> | null} */
let loaded = null;

/** The model's tags, asked once a minute at most, for publishing may change them. */
function loadTags() {
  if (loaded) return loaded;
  const forget = () => (loaded = null);
  loaded = getTags();
  loaded.then(() => setTimeout(forget, 60_000), forget);
  return loaded;
}
