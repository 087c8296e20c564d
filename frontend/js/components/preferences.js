// @ts-check
// The two choices everybody has: language and appearance.
import { html, on } from '../dom.js';
import { currentLanguage, setLanguage, t } from '../i18n.js';
import { currentTheme, setTheme } from '../theme.js';
import { icon } from './icons.js';

/** @type {[import('../i18n.js').Language, string][]} */
const LANGUAGES = [['fr', 'Français'], ['en', 'English']];

/** @type {[import('../theme.js').Theme, Parameters<typeof icon>[0], string][]} */
const THEMES = [
  ['auto', 'auto', 'preferences.theme_auto'],
  ['light', 'sun', 'preferences.theme_light'],
  ['dark', 'moon', 'preferences.theme_dark'],
];

/** Both choices, each as a row of buttons. */
export function preferences() {
  const language = currentLanguage();
  const theme = currentTheme();
  return html`<div class="preference">
      <span class="preference-name" id="language-name">${t('preferences.language')}</span>
      <div class="segmented" role="group" aria-labelledby="language-name">
        ${LANGUAGES.map(([code, name]) => html`<button type="button" lang="${code}" data-language="${code}" aria-pressed="${String(code === language)}">${name}</button>`)}
      </div>
    </div>
    <div class="preference">
      <span class="preference-name" id="theme-name">${t('preferences.theme')}</span>
      <div class="segmented" role="group" aria-labelledby="theme-name">
        ${THEMES.map(([code, picture, key]) => html`<button type="button" data-theme="${code}" aria-pressed="${String(code === theme)}">${icon(picture)}<span>${t(key)}</span></button>`)}
      </div>
    </div>`;
}

/**
 * Makes the choices under `root` work.
 * @param {HTMLElement} root
 */
export function listenToPreferences(root) {
  on(root, 'click', '[data-language]', (button) => setLanguage(button.dataset.language));
  on(root, 'click', '[data-theme]', (button) => {
    setTheme(button.dataset.theme);
    for (const other of root.querySelectorAll('[data-theme]')) {
      other.setAttribute('aria-pressed', String(other === button));
    }
  });
}
