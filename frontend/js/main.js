// @ts-check
// Starts the page, and shows the screen that the address names.
import { drawHeader, startHeader } from './components/header.js';
import { refuseDrops } from './components/incoming-photos.js';
import { clearToasts, failure, loading, toast } from './components/notices.js';
import { drawUploadPanel, foldUploadPanel, startUploadPanel } from './components/upload-panel.js';
import { fill, find, html, on } from './dom.js';
import { ApiError } from './errors.js';
import { languageChanges, t } from './i18n.js';
import { announceExpiry } from './pages/login.js';
import { dropPhoto, photoState, sendPhoto } from './photo.js';
import { go, LOGIN, loginFor, parse, redirectTo, resolve } from './router.js';
import { forgetReview } from './review.js';
import { routes } from './routes.js';
import { currentUser, restoreSession, sessionChanges, watchSession } from './session.js';
import { startTheme } from './theme.js';
import { dropUploads } from './uploads.js';

const main = find(document, '#main');
let visit = new AbortController();
let shownPath = '';
/** @type {string | undefined} */
let lastUsername;

/** Shows the screen of the present address. @param {{keepFocus?: boolean}} [options] */
async function showScreen({ keepFocus = false } = {}) {
  visit.abort();
  const { signal } = (visit = new AbortController());
  const place = parse(location.hash);
  const found = resolve(routes, place, currentUser());
  if ('redirect' in found) {
    if (found.redirect === '/' && place.path !== LOGIN) toast(t('error.admin_only'), 'problem');
    return redirectTo(found.redirect);
  }
  const isSamePath = place.path === shownPath;
  // Only who comes back from a detail finds the list as it was; everybody else, as it is.
  if (!isSamePath && ![place.path, shownPath].some(isDetail)) forgetReview();
  if (!isSamePath) clearToasts();
  if (!isSamePath) foldUploadPanel();
  shownPath = place.path;
  drawHeader();
  drawUploadPanel();
  drawFooter(place.path === LOGIN);
  const waiting = setTimeout(() => fill(main, loading()), 300);
  try {
    const { page } = await found.route.load();
    clearTimeout(waiting);
    if (signal.aborted) return;
    document.title = `${page.title()} · Classifr`;
    const shown = page.show({ main, params: found.params, query: place.query, signal });
    if (!isSamePath) scrollTo(0, 0);
    // At once, not when the data comes: by then the person may be elsewhere on the screen.
    if (!keepFocus && !isSamePath) focusHeading();
    await shown;
  } catch (error) {
    clearTimeout(waiting);
    if (!signal.aborted) fill(main, failure(error instanceof ApiError ? error : new ApiError('offline')));
  }
}

const isDetail = (/** @type {string} */ path) => path.startsWith('/wrong-predictions/');

/** Screen readers then read the screen from its heading. */
function focusHeading() {
  const field = matchMedia('(hover: hover)').matches && main.querySelector('#username');
  (field || main.querySelector('h1') || main).focus({ preventScroll: true });
}

/** @param {boolean} isLogin */
function drawFooter(isLogin) {
  const year = new Date().getFullYear();
  fill(find(document, '#footer'), html`${isLogin && html`<p>${t('login.footer', { year })}</p>`}`);
}

/** @param {string} reason */
function onSession(reason) {
  const place = parse(location.hash);
  forgetReview();
  const username = currentUser()?.username;
  // The photo waits for the person who chose it, and for nobody else.
  if (reason === 'out' || (username && username !== lastUsername)) dropPhoto();
  if (reason !== 'in') dropUploads();
  if (reason === 'in' && photoState().stage === 'failed') void sendPhoto();
  lastUsername = username ?? lastUsername;
  if (reason === 'expired') announceExpiry();
  if (reason === 'in') return void showScreen();
  redirectTo(reason === 'expired' ? loginFor(place.address) : LOGIN);
}

/** Waits for the service, then opens the page. */
async function start() {
  drawHeader();
  fill(main, loading());
  for (let isFirst = true; ; isFirst = false) {
    try {
      await restoreSession();
      lastUsername = currentUser()?.username;
      break;
    } catch (error) {
      if (isFirst) showStarting(error);
      await new Promise((resume) => setTimeout(resume, 2000));
    }
  }
  await showScreen();
}

/** @param {unknown} error */
function showStarting(error) {
  const isOffline = error instanceof ApiError && error.code === 'offline';
  const heading = t(isOffline ? 'app.unreachable' : 'app.starting');
  fill(main, html`<div class="notice" role="status">
    <span class="pulse" aria-hidden="true"></span>
    <h1 class="notice-heading">${heading}</h1>
    <p class="notice-text">${t('app.starting_hint')}</p>
  </div>`);
}

startTheme();
startHeader();
startUploadPanel();
refuseDrops();
watchSession();
addEventListener('hashchange', () => void showScreen());
languageChanges.addEventListener('change', () => void showScreen({ keepFocus: true }));
sessionChanges.addEventListener('change', (event) => onSession(/** @type {CustomEvent} */ (event).detail));
on(main, 'click', '[data-retry]', () => void showScreen());
on(document, 'click', '[data-go]', (button) => go(button.dataset.go));
void start();
