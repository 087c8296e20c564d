// @ts-check
// The probability a prediction needs to count: a slider on which the usual values are marked.
import { find, html } from '../dom.js';
import { percent, t } from '../i18n.js';
import { MARKED_THRESHOLDS } from '../report.js';

/** Long enough for a hand that drags, short enough to feel live, in ms. */
const PAUSE = 160;

/** @param {number} threshold */
export function thresholdSlider(threshold) {
  return html`<div class="threshold">
    <label class="threshold-label" for="threshold">${t('report.threshold')} <output for="threshold" data-threshold-said>${said(threshold)}</output></label>
    <input type="range" class="form-range" id="threshold" min="0" max="1" step="0.01" value="${threshold}" aria-valuetext="${said(threshold)}">
    <div class="threshold-marks">${MARKED_THRESHOLDS.map((mark) => html`<button type="button" data-mark="${mark}">${said(mark)}</button>`)}</div>
    <p class="facts">${t('report.threshold_text')}</p>
  </div>`;
}

/** @param {number} threshold */
const said = (threshold) => percent(Math.round(threshold * 100) / 100).replace(/[.,]0(?=\s?%)/, '');

/** @param {HTMLElement} root @param {(threshold: number) => void} onChange when the hand rests */
export function listenToThreshold(root, onChange) {
  const input = find(root, '#threshold');
  let timer = 0;
  const show = () => {
    find(root, '[data-threshold-said]').textContent = said(Number(input.value));
    input.setAttribute('aria-valuetext', said(Number(input.value)));
    clearTimeout(timer);
    timer = window.setTimeout(() => onChange(Number(input.value)), PAUSE);
  };
  input.addEventListener('input', show);
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-mark]'))) {
    button.style.setProperty('--share', String(button.dataset.mark));
    button.addEventListener('click', () => {
      input.value = button.dataset.mark;
      show();
    });
  }
}
