// @ts-check
// The report of one iteration: is it better, how good is it, where is it wrong; publish it or not.
import { icon } from '../components/icons.js';
import { askNewName, askToDeleteIteration, askToPublish, askToRollBack, askToUnpublish } from '../components/iteration-dialogs.js';
import { publishedBadge, statusBadge } from '../components/iteration-list.js';
import { listenToTest, testSection } from '../components/iteration-test.js';
import { failure, loading, toast } from '../components/notices.js';
import { projectAddress } from '../components/project-card.js';
import { ReportView } from '../components/report-view.js';
import { comparisonLead } from '../components/comparison-view.js';
import { ComparisonSection } from '../components/comparison-section.js';
import { fill, find, html, on } from '../dom.js';
import { can } from '../engine.js';
import { moment, plural, t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { go, href, redirectTo } from '../router.js';
import { thresholdOf } from '../report.js';
import { exportModel, getIteration, getProject, listIterations, listProjects } from '../training-api.js';
import { isRunning } from '../training-plan.js';

/** @typedef {import('../training-api.js').Iteration} Iteration @typedef {import('../training-api.js').Project} Project */
/** @typedef {{main: HTMLElement, project: Project, iteration: Iteration, iterations: Iteration[], comparison: ComparisonSection, signal: AbortSignal}} View */

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('iterations.one'),
  async show({ main, params, query, signal }) {
    fill(main, loading());
    try {
      const project = await getProject(params.project, signal);
      const [iteration, iterations] = await Promise.all([getIteration(project.id, params.iteration, signal), listIterations(project.id, signal)]);
      if (signal.aborted) return;
      if (isRunning(iteration)) return redirectTo(projectAddress(project.id, '/training'));
      document.title = `${iteration.name} · ${project.name} · Classifr`;
      fill(main, frame(project, iteration));
      find(main, 'h1').focus({ preventScroll: true });
      if (iteration.status !== 'completed') return;
      const comparison = new ComparisonSection(find(main, '[data-comparison]'), project.id, iteration, iterations, signal);
      const view = { main, project, iteration, iterations, comparison, signal };
      listen(view);
      listenToTest(find(main, '.quick-test'), project.id, iteration.id, signal);
      const report = new ReportView(find(main, '[data-report]'), project, iteration, signal);
      await Promise.all([comparison.load(), report.load(thresholdOf(query))]);
    } catch (error) {
      if (!signal.aborted) fill(main, failure(error));
    }
  },
};

/** @param {Project} project @param {Iteration} iteration */
function frame(project, iteration) {
  const isDone = iteration.status === 'completed';
  return html`<div class="page-head iteration-head">
      <div>
        <a class="back-link" href="${href(projectAddress(project.id, '/training'))}">${icon('arrow')}${project.name}</a>
        <h1 tabindex="-1" data-name>${iteration.name}</h1>
        <div class="page-lead iteration-facts" data-facts>${facts(iteration)}</div>
      </div>
      ${isDone && html`<div class="page-actions" data-actions>${actions(iteration)}</div>`}
    </div>
    ${isDone ? html`<div class="report">
      <section class="card-section comparison" data-comparison>${loading()}</section>
      <div class="report-parts" data-report>${loading()}</div>
      ${testSection()}
    </div>` : html`<p class="section-lead">${iteration.error ?? t(`iteration_status.${iteration.status}`)}</p>`}`;
}

/** @param {Iteration} iteration */
function facts(iteration) {
  const { created_at, image_count, tags, training_type, published_name } = iteration;
  return html`${published_name && publishedBadge(published_name)} ${statusBadge(iteration)}
    <span>${moment(created_at)} · ${plural('projects.images', image_count)} · ${plural('projects.tags', tags.length)}${training_type === 'Advanced' && html` · ${t('training.advanced')}`}</span>`;
}

/** @param {Iteration} iteration */
function actions({ published_name }) {
  return html`<div class="dropdown-like">
      <button type="button" class="btn btn-quiet" popovertarget="iteration-more">${t('iterations.more')}${icon('chevron')}</button>
      <div class="panel" id="iteration-more" popover>
        <button type="button" class="panel-action" data-export>${icon('download')}${t('iterations.export')}</button>
        <button type="button" class="panel-action" data-rename>${icon('pencil')}${t('iterations.rename')}</button>
        ${published_name
          ? html`<button type="button" class="panel-action" data-unpublish>${icon('cross')}${t('publish.unpublish')}</button>`
          : html`<button type="button" class="panel-action" data-delete>${icon('trash')}${t('common.delete')}</button>`}
      </div>
    </div>
    ${published_name
      ? can('roll_back') && html`<button type="button" class="btn btn-quiet" data-roll-back>${icon('undo')}${t('publish.rollback')}</button>`
      : html`<button type="button" class="btn btn-primary" data-publish>${icon('check')}${t('publish.submit')}</button>`}`;
}

/** @param {View} view */
function listen(view) {
  const { main, project, signal } = view;
  const become = (/** @type {Iteration | undefined} */ changed) => {
    if (!changed || signal.aborted) return;
    view.iteration = changed;
    view.iterations = view.iterations.map((each) => (each.id === changed.id ? changed : each.published_name === changed.published_name ? { ...each, published_name: null } : each));
    find(main, '[data-name]').textContent = changed.name;
    fill(find(main, '[data-facts]'), facts(changed));
    fill(find(main, '[data-actions]'), actions(changed));
    find(main, 'h1').focus({ preventScroll: true });
  };
  on(main, 'click', '[data-publish]', async () => {
    // Somebody else may have published it since.
    const now = await getIteration(project.id, view.iteration.id, signal).catch(() => view.iteration);
    if (now.published_name) {
      toast(t('publish.done', { name: now.name }));
      return become(now);
    }
    const published = await askToPublish(project.id, view.iteration, await publishFacts(view));
    if (published) toast(t('publish.done', { name: published.name }));
    become(published);
  }, signal);
  on(main, 'click', '[data-unpublish]', async () => {
    const withdrawn = await askToUnpublish(project.id, view.iteration);
    if (withdrawn) toast(t('publish.withdrawn', { name: withdrawn.name }));
    become(withdrawn);
  }, signal);
  on(main, 'click', '[data-roll-back]', async () => {
    const answers = await askToRollBack(project.id, view.iteration);
    if (!answers || signal.aborted) return;
    toast(t('publish.rolled_back', { name: answers.name }));
    go(projectAddress(project.id, `/iterations/${answers.id}`));
  }, signal);
  on(main, 'click', '[data-rename]', async () => become(await askNewName(project.id, view.iteration)), signal);
  on(main, 'click', '[data-delete]', async () => {
    if (await askToDeleteIteration(project.id, view.iteration)) go(projectAddress(project.id, '/training'));
  }, signal);
  on(main, 'click', '[data-export]', (button) => void save(view, button), signal);
}

/** What to read before publishing: the comparison with the iteration that would be replaced. @param {View} view */
async function publishFacts({ project, iteration, comparison, signal, ...view }) {
  const [iterations, projects] = await Promise.all([
    listIterations(project.id, signal).catch(() => view.iterations),
    listProjects(signal).catch(() => []),
  ]);
  const answering = can('default_project') && projects.find(({ id, is_default, is_builtin }) => is_default && !is_builtin && id !== project.id) || null;
  const replaced = iterations.filter(({ published_name, id }) => published_name !== null && id !== iteration.id)
    .sort((one, other) => String(other.published_at).localeCompare(String(one.published_at)))[0] ?? null;
  const compared = replaced && (await comparison.with(replaced.id).catch(() => null));
  return { replaced, answering, sentence: compared && comparisonLead(compared) };
}

/** Downloads the model. @param {View} view @param {HTMLButtonElement} button */
async function save({ project, iteration }, button) {
  button.disabled = true;
  try {
    const url = URL.createObjectURL(await exportModel(project.id, iteration.id));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${project.name} ${iteration.name}.zip`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (error) {
    toast(messageOf(error), 'problem');
  } finally {
    button.disabled = false;
  }
}
