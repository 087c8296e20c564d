// @ts-check
// Two small charts drawn by hand: precision over recall of a tag, and whether probabilities can be believed.
import { html } from '../dom.js';
import { percent, plural, t } from '../i18n.js';
import { pointAt } from '../report.js';
import { share } from './iteration-list.js';

/** @typedef {import('../report.js').Point} Point @typedef {import('../report.js').Bin} Bin */

/** The drawing's own units: a square of 200 with room for words at its left and foot. */
const SIDE = 200;
const x = (/** @type {number} */ value) => (36 + value * SIDE).toFixed(1);
const y = (/** @type {number} */ value) => (8 + (1 - value) * SIDE).toFixed(1);
const STEPS = [0, 0.25, 0.5, 0.75, 1];

/** @param {string} across @param {string} up */
function axes(across, up) {
  return html`${STEPS.map((value) => html`<path class="chart-grid" d="M${x(0)} ${y(value)}H${x(1)}M${x(value)} ${y(0)}V${y(1)}" />`)}
    ${[0, 0.5, 1].map((value) => html`<text class="chart-text" x="${Number(x(0)) - 6}" y="${Number(y(value)) + 3.5}" text-anchor="end">${Math.round(value * 100)}</text>
      <text class="chart-text" x="${x(value)}" y="${Number(y(0)) + 14}" text-anchor="middle">${Math.round(value * 100)}</text>`)}
    <text class="chart-text" x="${x(0.5)}" y="${Number(y(0)) + 29}" text-anchor="middle">${across}</text>
    <text class="chart-text" transform="translate(10 ${y(0.5)}) rotate(-90)" text-anchor="middle">${up}</text>`;
}

/**
 * @param {Point[]} points from the highest threshold down
 * @param {Point[][]} others drawn faintly behind
 * @param {number} threshold
 */
export function precisionRecallChart(points, others, threshold) {
  const at = pointAt(points, threshold);
  const said = at && t('curve.at', { precision: percent(at.precision), recall: percent(at.recall) });
  return html`<svg class="svg-chart" viewBox="0 0 244 244" role="img" aria-label="${t('curve.label')} ${said}">
      ${axes(t('metric.recall'), t('metric.precision'))}
      ${others.map((curve) => html`<path class="chart-other" d="${line(curve)}" />`)}
      <path class="chart-line" d="${line(points)}" />
      ${at && html`<circle class="chart-point" cx="${x(at.recall)}" cy="${y(at.precision)}" r="5" />`}
    </svg>
    <p class="facts">${said ?? t('curve.none')}</p>`;
}

/** @param {Point[]} points */
function line(points) {
  return points.map(({ recall, precision }, index) => `${index ? 'L' : 'M'}${x(recall)} ${y(precision)}`).join('');
}

/** @param {Bin[]} bins @param {number | null} error */
export function calibrationChart(bins, error) {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  return html`<svg class="svg-chart" viewBox="0 0 244 244" role="img" aria-label="${t('calibration.label', { error: share(error) })}">
    ${axes(t('calibration.said'), t('calibration.right'))}
    <path class="chart-diagonal" d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}" />
    ${bins.map((bin) => html`<circle class="chart-bubble" cx="${x(bin.confidence)}" cy="${y(bin.accuracy)}" r="${(3 + 8 * Math.sqrt(bin.count / most)).toFixed(1)}"><title>${t('calibration.bin', { said: percent(bin.confidence), right: percent(bin.accuracy), images: plural('compare.photos', bin.count) })}</title></circle>`)}
  </svg>`;
}
