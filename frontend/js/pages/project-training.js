// @ts-check
// Training a project: start, watch, cancel; and every iteration so far.
import { openDialog } from '../components/dialog.js';
import { iterationAddress, iterationList } from '../components/iteration-list.js';
import { askToDeleteIteration } from '../components/iteration-dialogs.js';
import { empty, formError, toast } from '../components/notices.js';
import { showProject } from '../components/project-frame.js';
import { moveProgress, progressCard, startCard } from '../components/train-card.js';
import { fill, find, html, on } from '../dom.js';
import { ApiError } from '../errors.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { go } from '../router.js';
import { cancelTraining, getIteration, getProject, listIterations, listTags, train } from '../training-api.js';
import { isRunning, Silence } from '../training-plan.js';

/** @typedef {import('../training-api.js').Iteration} Iteration @typedef {import('../training-api.js').Project} Project @typedef {import('../training-api.js').Tag} Tag */
/** @typedef {{root: HTMLElement, project: Project, tags: Tag[], iterations: Iteration[], signal: AbortSignal}} View */

const POLL_MS = 1000;

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('project.training'),
  show(visit) {
    return showProject(visit, '/training', async ({ root, project, signal }) => {
      const [tags, iterations] = await Promise.all([listTags(project.id, signal), listIterations(project.id, signal)]);
      if (signal.aborted) return;
      /** @type {View} */
      const view = { root, project, tags, iterations, signal };
      fill(root, html`<div class="training"><div data-card></div><div data-iterations></div></div>`);
      listen(view);
      draw(view);
      await watch(view);
    });
  },
};

/** @param {View} view */
function draw({ root, project, tags, iterations }) {
  const running = iterations.find(isRunning);
  const card = find(root, '[data-card]');
  fill(card, running ? progressCard(running) : startCard(project, tags));
  if (running) moveProgress(card, running);
  const list = find(root, '[data-iterations]');
  const others = iterations.filter((iteration) => iteration !== running);
  if (running && !others.length) return fill(list, html``);
  fill(list, html`<h2 class="section-heading">${t('iterations.heading')}</h2>
    ${others.length ? iterationList(project.id, others) : empty({ icon: 'layers', heading: t('iterations.empty'), text: t('iterations.empty_text') })}`);
}

/** Asks every second how far the training is, until it ends. @param {View} view */
async function watch(view) {
  const { root, project, signal } = view;
  const running = view.iterations.find(isRunning);
  if (!running) return;
  const silence = new Silence();
  for (let failures = 0; !signal.aborted; ) {
    await new Promise((resume) => setTimeout(resume, POLL_MS * Math.min(8, 2 ** failures)));
    if (signal.aborted) return;
    try {
      const now = await getIteration(project.id, running.id, signal);
      failures = 0;
      if (!isRunning(now)) return await finish(view, now);
      moveProgress(find(root, '[data-card]'), now, silence.isLong(now));
    } catch (error) {
      if (signal.aborted) return;
      // A short outage of the service says nothing about the training.
      if (error instanceof ApiError && error.status === 404) return await reload(view);
      failures += 1;
    }
  }
}

/** @param {View} view @param {Iteration} iteration */
async function finish(view, iteration) {
  const told = { completed: 'training.completed', failed: 'training.failed', cancelled: 'training.cancelled' }[String(iteration.status)] ?? 'training.cancelled';
  await reload(view);
  if (view.signal.aborted) return;
  toast(t(told, { name: iteration.name }), iteration.status === 'failed' ? 'problem' : 'done');
}

/** @param {View} view */
async function reload(view) {
  const { project, signal } = view;
  [view.project, view.tags, view.iterations] = await Promise.all([getProject(project.id, signal), listTags(project.id, signal), listIterations(project.id, signal)]);
  if (!signal.aborted) draw(view);
}

/** @param {View} view */
function listen(view) {
  const { root, project, signal } = view;
  root.addEventListener('submit', (event) => {
    event.preventDefault();
    void start(view, /** @type {HTMLFormElement} */ (event.target));
  }, { signal });
  on(root, 'click', '[data-cancel-training]', async (button) => {
    const running = view.iterations.find(isRunning);
    if (!running) return;
    button.disabled = true;
    try {
      await cancelTraining(project.id, running.id);
    } catch (error) {
      button.disabled = false;
      toast(messageOf(error), 'problem');
    }
  }, signal);
  on(root, 'click', '[data-delete-iteration]', async (button) => {
    const id = button.closest('[data-id]').dataset.id;
    const iteration = view.iterations.find((each) => each.id === id);
    if (iteration && (await askToDeleteIteration(project.id, iteration)) && !signal.aborted) await reload(view).catch((error) => toast(messageOf(error), 'problem'));
  }, signal);
  on(root, 'click', '.iteration-row[data-status="completed"]', (row, event) => {
    if (!(/** @type {Element} */ (event.target).closest('a, button'))) go(iterationAddress(project.id, row.dataset.id));
  }, signal);
}

/** @param {View} view @param {HTMLFormElement} form */
async function start(view, form) {
  const data = new FormData(form);
  const isAdvanced = data.get('advanced') !== null;
  const wish = isAdvanced ? { training_type: 'Advanced', budget_hours: Number(data.get('budget')) } : { training_type: 'Regular' };
  const button = find(form, '[type=submit]');
  const problem = find(form, '[data-problem]');
  button.disabled = true;
  fill(problem, html``);
  try {
    const iteration = await trainOrAsk(view.project.id, wish);
    if (iteration) view.iterations = [iteration, ...view.iterations];
    if (!iteration || view.signal.aborted) return;
    draw(view);
    await watch(view);
  } catch (error) {
    // Another admin was faster: theirs is shown.
    if (error instanceof ApiError && error.code === 'training_in_progress') await reload(view).catch(() => {});
    if (view.iterations.some(isRunning)) return void watch(view);
    if (!view.signal.aborted) fill(problem, formError(messageOf(error)));
  } finally {
    button.disabled = false;
  }
}

/** Where nothing has changed since the last training, asks whether to train all the same. @param {string} project @param {{training_type: string, budget_hours?: number}} wish @returns {Promise<Iteration | undefined>} */
async function trainOrAsk(project, wish) {
  try {
    return await train(project, wish);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'training_not_needed') throw error;
    return openDialog({
      title: t('training.not_needed'),
      text: t('error.training_not_needed'),
      submit: t('training.force'),
      onSubmit: () => train(project, { ...wish, force: true }),
    });
  }
}
