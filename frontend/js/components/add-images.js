// @ts-check
// Where images come into a project: dropped anywhere on its screen, or chosen as files, a folder, a zip.
import { droppedFiles, chosenFiles } from '../dropped-files.js';
import { find, html, on } from '../dom.js';
import { t } from '../i18n.js';
import { acceptAttribute } from '../image-files.js';
import { addToUploads } from '../uploads.js';
import { icon } from './icons.js';
import { toast } from './notices.js';

/** @typedef {{project: import('../uploads.js').Destination, tag: () => string | null, tagName: () => string | null, signal: AbortSignal}} Taking */

/** The two ways to choose. @param {boolean} isLarge */
export function addButtons(isLarge) {
  const size = isLarge ? 'btn-lg' : '';
  return html`<div class="add-buttons">
    <button type="button" class="btn btn-primary ${size}" data-add-files>${icon('plus')}${t('images.add')}</button>
    <button type="button" class="btn btn-quiet ${size} folder-only" data-add-folder>${icon('folder')}${t('images.add_folder')}</button>
  </div>`;
}

/** The inputs. @param {string[]} formats of images that the server takes */
export const addInputs = (formats) => html`<input type="file" data-testid="images-input" data-files-input accept="${acceptAttribute(formats)},.zip,application/zip" multiple hidden>
  <input type="file" data-testid="folder-input" data-folder-input webkitdirectory hidden>`;

/** What an empty project shows. */
export function dropInvitation() {
  return html`<div class="drop-card">
    <span class="corners" aria-hidden="true"><i></i><i></i><i></i><i></i></span>
    <span class="viewfinder-icon">${icon('photo')}</span>
    <h2 class="drop-card-title">${t('images.empty')}</h2>
    <p class="drop-card-text">${t('images.empty_text')}</p>
    ${addButtons(true)}
  </div>`;
}

/** @param {HTMLElement} root @param {Taking} taking */
export function listenToAdding(root, taking) {
  const { signal } = taking;
  const take = (/** @type {import('../upload-plan.js').Found[]} */ found) => {
    if (!found.length) return toast(t('images.nothing_found'), 'problem');
    if (!addToUploads(taking.project, found, taking.tag())) toast(t('images.busy_elsewhere'), 'problem');
  };
  for (const kind of ['files', 'folder']) {
    const input = find(root, `[data-${kind}-input]`);
    on(root, 'click', `[data-add-${kind}]`, () => input.click(), signal);
    input.addEventListener('change', () => {
      take(chosenFiles(input.files));
      input.value = '';
    }, { signal });
  }
  takeDrops(root, taking, take);
}

/** @param {HTMLElement} root @param {Taking} taking @param {(found: import('../upload-plan.js').Found[]) => void} take */
function takeDrops(root, { signal, tagName }, take) {
  const veil = find(root, '[data-drop]');
  const isFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') && !document.querySelector('dialog[open]');
  const hover = (/** @type {boolean} */ isOver) => {
    if (veil.hidden !== isOver) return;
    const name = tagName();
    find(veil, 'p').textContent = name === null ? t('images.drop') : t('images.drop_into', { name });
    veil.hidden = !isOver;
  };
  addEventListener('dragover', (event) => {
    if (!isFiles(event) || !event.dataTransfer) return;
    event.dataTransfer.dropEffect = 'copy';
    hover(true);
  }, { signal });
  addEventListener('dragleave', (event) => !event.relatedTarget && hover(false), { signal });
  addEventListener('drop', (event) => {
    hover(false);
    if (isFiles(event) && event.dataTransfer) void droppedFiles(event.dataTransfer).then((found) => !signal.aborted && take(found));
  }, { signal });
}

/** Laid over the screen while files hover above it. */
export const dropVeil = () => html`<div class="drop-veil" data-drop hidden>${icon('upload')}<p></p></div>`;
