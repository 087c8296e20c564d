// @ts-check
// The numbers of an iteration at a threshold; moving the slider draws all of them anew.
import { fill, find, html, on } from '../dom.js';
import { plural, t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { getReport } from '../training-api.js';
import { drawConfusion, listenToConfusion } from './confusion-matrix.js';
import { calibrationChart, precisionRecallChart } from './curve-chart.js';
import { share } from './iteration-list.js';
import { failure, toast } from './notices.js';
import { loadPrivateImages } from './private-image.js';
import { mistakeGrid, viewConfused } from './report-images.js';
import { TagMetricsTable } from './tag-metrics-table.js';
import { listenToThreshold, thresholdSlider } from './threshold-slider.js';

/** @typedef {import('../report.js').Report} Report @typedef {import('../training-api.js').Iteration} Iteration @typedef {import('../training-api.js').Project} Project */

const FEW_CURVES = 8;
const FEW_MISTAKES = 12;

export class ReportView {
  /** @param {HTMLElement} root @param {Project} project @param {Iteration} iteration @param {AbortSignal} signal */
  constructor(root, project, iteration, signal) {
    this.root = root;
    this.project = project;
    this.iteration = iteration;
    this.signal = signal;
    /** @type {Report | null} */
    this.report = null;
    this.asking = new AbortController();
  }

  /** @param {number} threshold */
  async load(threshold) {
    try {
      this.report = await getReport(this.project.id, this.iteration.id, { threshold, curves: true }, this.signal);
      if (this.signal.aborted || !this.report) return;
      this.#draw(this.report);
      this.#redraw();
    } catch (error) {
      if (!this.signal.aborted) fill(this.root, failure(error));
    }
  }

  /** What stays as it is whatever the threshold. @param {Report} report */
  #draw(report) {
    const { per_tag, calibration, calibration_error, mistakes, image_count } = report;
    fill(this.root, html`<section class="card-section report-headline" aria-labelledby="headline-heading">
        <h2 class="section-heading" id="headline-heading">${t('report.headline')}</h2>
        <p class="section-lead">${plural('report.held_out', image_count)}</p>
        <dl class="report-numbers" data-numbers aria-live="polite"></dl>
        ${thresholdSlider(report.threshold)}
      </section>
      <section class="card-section report-tags"><h2 class="section-heading">${t('report.per_tag')}</h2><div data-tags></div></section>
      ${report.confusion && html`<section class="card-section report-confusion"><h2 class="section-heading">${t('confusion.heading')}</h2><p class="section-lead">${t('confusion.text')}</p><div data-confusion></div></section>`}
      <section class="card-section"><h2 class="section-heading">${t('curve.heading')}</h2>
        <label class="visually-hidden" for="curve-tag">${t('predictions.tag')}</label>
        <select class="form-select" id="curve-tag" data-curve-tag>${per_tag.map(({ id, name }) => html`<option value="${id}">${name}</option>`)}</select>
        <div data-curve></div></section>
      <section class="card-section"><h2 class="section-heading">${t('calibration.heading')}</h2>
        <p class="section-lead">${t('calibration.text', { error: share(calibration_error) })}</p>${calibrationChart(calibration, calibration_error)}</section>
      <section class="card-section report-mistakes"><h2 class="section-heading">${t('report.mistakes')}</h2>
        ${mistakes.length ? html`<div data-mistakes>${mistakeGrid(this.project.id, mistakes.slice(0, FEW_MISTAKES))}</div>
          ${mistakes.length > FEW_MISTAKES && html`<p class="load-more"><button type="button" class="btn btn-quiet" data-all-mistakes>${t('common.more')}</button></p>`}` : html`<p class="section-lead">${t('report.no_mistakes')}</p>`}</section>`);
    loadPrivateImages(this.root, this.signal);
    this.table = new TagMetricsTable(find(this.root, '[data-tags]'), per_tag.length, this.signal);
    listenToThreshold(this.root, (threshold) => void this.#ask(threshold));
    on(this.root, 'click', '[data-all-mistakes]', (button) => {
      fill(find(this.root, '[data-mistakes]'), mistakeGrid(this.project.id, mistakes));
      loadPrivateImages(this.root, this.signal);
      button.parentElement.remove();
    }, this.signal);
    on(this.root, 'change', '[data-curve-tag]', () => this.#drawCurve(), this.signal);
    if (!report.confusion) return;
    const open = (/** @type {any} */ actual, /** @type {any} */ predicted) => void viewConfused(this.project.id, this.iteration.id, this.report?.threshold ?? 0.5, actual, predicted);
    listenToConfusion(find(this.root, '[data-confusion]'), () => /** @type {any} */ (this.report?.confusion), open, this.signal);
  }

  /** What follows the threshold. */
  #redraw() {
    const { overall, per_tag, confusion, top1 } = /** @type {Report} */ (this.report);
    const numbers = { precision: overall.precision, recall: overall.recall, average_precision: overall.average_precision, ...(top1 === null ? {} : { top1 }) };
    fill(find(this.root, '[data-numbers]'), html`${Object.entries(numbers).map(([name, value]) => html`<div><dt>${t(`metric.${name}`)}</dt><dd>${share(value)}</dd></div>`)}`);
    this.table?.show(per_tag);
    if (confusion) drawConfusion(find(this.root, '[data-confusion]'), confusion);
    this.#drawCurve();
  }

  #drawCurve() {
    const { curves: all, threshold } = /** @type {Report} */ (this.report);
    const curves = all ?? [];
    const id = find(this.root, '[data-curve-tag]').value;
    const points = curves.find((curve) => curve.id === id)?.points ?? [];
    const others = curves.length <= FEW_CURVES ? curves.filter((curve) => curve.id !== id).map((curve) => curve.points) : [];
    fill(find(this.root, '[data-curve]'), precisionRecallChart(points, others, threshold));
  }

  /** @param {number} threshold */
  async #ask(threshold) {
    this.asking.abort();
    const { signal } = (this.asking = new AbortController());
    this.root.setAttribute('aria-busy', 'true');
    try {
      const fresh = await getReport(this.project.id, this.iteration.id, { threshold }, signal);
      if (signal.aborted || this.signal.aborted) return;
      // The curves do not depend on the threshold, and are many points.
      this.report = { ...fresh, curves: this.report?.curves ?? [] };
      this.#redraw();
      // The address says what is on the screen, without a new entry in the history for every move.
      history.replaceState(null, '', `${location.hash.split('?')[0]}?threshold=${threshold}`);
    } catch (error) {
      if (!signal.aborted && !this.signal.aborted) toast(messageOf(error), 'problem');
    } finally {
      if (!signal.aborted) this.root.removeAttribute('aria-busy');
    }
  }
}
