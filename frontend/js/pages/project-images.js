// @ts-check
// The images of a project: its tags at the side, the photos in a grid, new ones dropped in.
import { getLimits } from '../api.js';
import { addButtons, addInputs, dropVeil, listenToAdding } from '../components/add-images.js';
import { icon } from '../components/icons.js';
import { ImageBrowser } from '../components/image-browser.js';
import { failure, loading } from '../components/notices.js';
import { drawName, showProject } from '../components/project-frame.js';
import { drawTagList, filterOf, focusFilter, imagesAddress, listenToTagList, UNTAGGED } from '../components/tag-list.js';
import { askNewTag, askToChangeTag, askToDeleteTag } from '../components/training-tag-dialogs.js';
import { fill, find, html, on } from '../dom.js';
import { plural, t } from '../i18n.js';
import { go, redirectTo } from '../router.js';
import { getProject, listTags } from '../training-api.js';
import { uploadChanges, uploadState } from '../uploads.js';

/** @typedef {import('../training-api.js').Project} Project @typedef {import('../training-api.js').Tag} Tag */
/** @typedef {{project: Project, tags: Tag[], filter: string | null, formats: string[]}} View */

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('project.images'),
  show(visit) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.filter;
    return showProject(visit, '', async ({ root, project, signal }) => {
      const [tags, { formats }] = await Promise.all([listTags(project.id, signal), getLimits()]);
      /** @type {View} */
      const view = { project, tags, filter: filterOf(visit.query), formats };
      if (signal.aborted) return;
      const side = draw(root, view);
      if (focused !== undefined) focusFilter(side, view.filter ?? '');
      const browser = new ImageBrowser(find(root, '[data-images]'), view, () => void refresh(visit.main, root, view), signal);
      listen(visit.main, root, view, browser, signal);
      await browser.loadFirst();
    });
  },
};

/** @param {HTMLElement} root @param {View} view @returns {HTMLElement} the tags */
function draw(root, view) {
  fill(root, html`<div class="project-images">
      <aside class="project-side" data-side></aside>
      <section class="project-grid-part" aria-labelledby="shown-heading">
        <div class="images-head" data-head></div>
        <div data-images>${loading()}</div>
      </section>
    </div>
    ${addInputs(view.formats)}${dropVeil()}`);
  drawCounts(root, view);
  return find(root, '[data-side]');
}

/** What counts: the tags at the side, the heading above the grid. @param {HTMLElement} root @param {View} view */
function drawCounts(root, view) {
  const { project, tags, filter } = view;
  drawTagList(find(root, '[data-side]'), view);
  const tag = tags.find(({ id }) => id === filter);
  const count = tag ? tag.image_count : filter === UNTAGGED ? project.untagged_count : project.image_count;
  const name = tag?.name ?? t(filter === UNTAGGED ? 'images.untagged' : 'images.all');
  fill(find(root, '[data-head]'), html`<div class="images-title">
      <h2 class="section-heading" id="shown-heading">${name}</h2>
      <p>${plural('projects.images', count)}</p>
      ${tag && html`<button type="button" class="btn btn-icon" data-change-tag aria-label="${t('tags.change', { name })}" title="${t('common.rename')}">${icon('pencil')}</button>
        <button type="button" class="btn btn-icon" data-delete-tag aria-label="${t('tags.delete', { name })}" title="${t('common.delete')}">${icon('trash')}</button>`}
    </div>
    ${project.image_count > 0 && addButtons(false)}`);
}

/** @param {HTMLElement} main @param {HTMLElement} root @param {View} view @param {ImageBrowser} browser @param {AbortSignal} signal */
function listen(main, root, view, browser, signal) {
  const { project } = view;
  const tag = () => view.tags.find(({ id }) => id === view.filter) ?? null;
  listenToTagList(find(root, '[data-side]'), () => view.project, signal);
  listenToAdding(root, { project, tag: () => tag()?.name ?? null, tagName: () => tag()?.name ?? null, signal });
  on(root, 'click', '[data-new-tag]', async () => {
    const created = await askNewTag(project.id);
    if (created) go(imagesAddress(project.id, created.id));
  }, signal);
  on(root, 'click', '[data-change-tag]', async () => {
    const changed = await askToChangeTag(project.id, /** @type {Tag} */ (tag()));
    if (!changed || signal.aborted) return;
    await refresh(main, root, view);
    find(root, '[data-change-tag]').focus();
    void browser.loadFirst();
  }, signal);
  on(root, 'click', '[data-delete-tag]', async () => {
    if (await askToDeleteTag(project.id, /** @type {Tag} */ (tag()))) redirectTo(imagesAddress(project.id, null));
  }, signal);
  let isFirstBatch = project.image_count === 0;
  uploadChanges.addEventListener('stored', async () => {
    if (uploadState().project?.id !== project.id) return;
    await refresh(main, root, view);
    // Whoever has begun to select or to scroll finds the list as it is.
    if (isFirstBatch || (!signal.aborted && scrollY < 400 && browser.isUntouched)) void browser.loadFirst({ isQuiet: !isFirstBatch });
    isFirstBatch = false;
  }, { signal });
}

/** Asks for the counts anew. @param {HTMLElement} main @param {HTMLElement} root @param {View} view */
async function refresh(main, root, view) {
  try {
    const [project, tags] = await Promise.all([getProject(view.project.id), listTags(view.project.id)]);
    if (!root.isConnected) return;
    Object.assign(view, { project, tags });
    drawCounts(root, view);
    drawName(main, project);
  } catch (error) {
    if (root.isConnected) fill(find(root, '[data-side]'), failure(error));
  }
}

