// @ts-check
// The bar on top: wordmark, the admin's buttons, Déconnexion, and a panel for account and preferences.
import { fill, find, html, on } from '../dom.js';
import { currentLanguage, t } from '../i18n.js';
import { href, parse } from '../router.js';
import { currentUser, signOut } from '../session.js';
import { askNewPassword, askSignOutEverywhere } from './account-dialogs.js';
import { icon, mark } from './icons.js';
import { listenToPreferences, preferences } from './preferences.js';

const QUIET_LINKS = [['/projects', 'header.projects'], ['/monitoring', 'header.monitoring'], ['/users', 'header.users']];

/** Draws the header for who is signed in and where they are. */
export function drawHeader() {
  const header = find(document, '#header');
  const user = currentUser();
  const had = /** @type {HTMLElement | null} */ (header.contains(document.activeElement) ? document.activeElement : null);
  const isPanelOpen = header.querySelector('#account-panel:popover-open') !== null;
  fill(
    header,
    html`<button type="button" class="skip-link" data-skip>${t('app.skip')}</button>
      <div class="site-header-row">
        <a class="wordmark" href="${href('/')}">${mark()}<span>Classifr</span></a>
        ${user?.role === 'admin' && adminNav()}
        <div class="site-header-end">
          ${!user && otherLanguage()}
          ${user && html`<button type="button" class="btn btn-nav" data-sign-out>${t('header.sign_out')}</button>`}
          ${panelButton(user)}
        </div>
      </div>
      <div id="account-panel" class="panel" popover>${user && accountActions(user)} ${preferences()}</div>`,
  );
  if (isPanelOpen) find(header, '#account-panel').showPopover();
  // The button that chose the language is drawn anew with everything else.
  if (had?.dataset.language) {
    /** @type {HTMLElement | null} */ (header.querySelector(isPanelOpen ? '#account-panel [aria-pressed="true"]' : '.site-header-end [data-language]'))?.focus();
  }
}

function adminNav() {
  const { path } = parse(location.hash);
  const here = (/** @type {string} */ address) =>
    (path === address || path.startsWith(`${address}/`)) && html`aria-current="page"`;
  return html`<nav class="site-nav" aria-label="${t('header.administration')}">
    <button type="button" class="btn btn-nav" data-go="/wrong-predictions" ${here('/wrong-predictions')}>${t('header.wrong_predictions')}</button>
    ${QUIET_LINKS.map(([address, key]) => html`<a class="btn btn-nav" href="${href(address)}" ${here(address)}>${t(key)}</a>`)}
  </nav>`;
}

/** Guests see at once that the page speaks another language. */
function otherLanguage() {
  const [code, name] = currentLanguage() === 'fr' ? ['en', 'English'] : ['fr', 'Français'];
  return html`<button type="button" class="btn btn-nav" lang="${code}" data-language="${code}">${name}</button>`;
}

/** @param {import('../api.js').User | null} user */
function panelButton(user) {
  const label = user ? t('header.account', { username: user.username }) : t('header.preferences');
  const face = user ? html`<span class="initial" aria-hidden="true">${[...user.username][0].toUpperCase()}</span>` : icon('auto');
  return html`<button type="button" class="btn btn-icon" popovertarget="account-panel" aria-label="${label}" title="${label}">${face}</button>`;
}

/** @param {import('../api.js').User} user */
function accountActions(user) {
  return html`<div class="panel-who">
      <strong>${user.username}</strong>
      <span>${t(`role.${user.role}`)}</span>
    </div>
    ${user.role === 'admin' && html`<a class="panel-action" href="${href('/keys')}">${t('keys.heading')}</a>`}
    <button type="button" class="panel-action" data-change-password>${t('account.change_password')}</button>
    <button type="button" class="panel-action" data-sign-out-everywhere>${t('account.sign_out_everywhere')}</button>
    <hr>`;
}

/** Listens once, for every header drawn later. */
export function startHeader() {
  const header = find(document, '#header');
  const hidePanel = () => find(header, '#account-panel').hidePopover();
  listenToPreferences(header);
  on(header, 'click', '[data-skip]', () => find(document, '#main').focus());
  on(header, 'click', 'a.panel-action', hidePanel);
  on(header, 'click', '[data-sign-out]', () => signOut());
  on(header, 'click', '[data-change-password]', () => (hidePanel(), askNewPassword()));
  on(header, 'click', '[data-sign-out-everywhere]', () => (hidePanel(), askSignOutEverywhere()));
}
