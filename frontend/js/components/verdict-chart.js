// @ts-check
// OK and NOK answers per day as stacked bars, in the page's colours.
import { day, t } from '../i18n.js';
import { themeChanges } from '../theme.js';

/** The chart library, fetched the first time a chart is shown. It sets a global. @returns {Promise<any>} */
async function loadChart() {
  // A variable, so that the type checker does not look for the file, which is put there later.
  const address = '/vendor/chart.umd.min.js';
  await import(address);
  return /** @type {any} */ (globalThis).Chart;
}

/** @param {string} name of a colour variable in theme.css */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * Draws the chart; again whenever the theme changes.
 * @param {HTMLCanvasElement} canvas
 * @param {import('../api.js').Verdicts['per_day']} days
 * @param {AbortSignal} signal
 */
export async function drawVerdictChart(canvas, days, signal) {
  const Chart = await loadChart();
  if (signal.aborted) return;
  let chart = new Chart(canvas, configuration(days));
  const redraw = () => {
    chart.destroy();
    chart = new Chart(canvas, configuration(days));
  };
  themeChanges.addEventListener('change', redraw, { signal });
  signal.addEventListener('abort', () => chart.destroy());
}

/** @param {import('../api.js').Verdicts['per_day']} days */
function configuration(days) {
  const bars = { borderRadius: { topLeft: 3, topRight: 3 }, maxBarThickness: 26 };
  const quiet = colour('--bs-secondary-color');
  const font = { family: colour('--bs-body-font-family'), size: 13 };
  const ticks = { color: quiet, font };
  return {
    type: 'bar',
    data: {
      labels: days.map((each) => day(each.day)),
      datasets: [
        { label: t('monitoring.ok'), data: days.map(({ ok }) => ok), backgroundColor: colour('--app-ok-fill'), ...bars },
        { label: t('monitoring.nok'), data: days.map(({ nok }) => nok), backgroundColor: colour('--app-nok-fill'), ...bars },
      ],
    },
    options: {
      maintainAspectRatio: false,
      animation: matchMedia('(prefers-reduced-motion: reduce)').matches ? false : { duration: 400 },
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: { stacked: true, grid: { display: false }, border: { display: false }, ticks: { ...ticks, maxRotation: 0, autoSkipPadding: 24 } },
        y: { stacked: true, beginAtZero: true, border: { display: false }, grid: { color: colour('--bs-border-color') }, ticks: { ...ticks, precision: 0, maxTicksLimit: 5 } },
      },
      plugins: {
        legend: { display: false },
        tooltip: { backgroundColor: colour('--bs-body-color'), titleColor: colour('--app-surface'), bodyColor: colour('--app-surface'), titleFont: font, bodyFont: font, padding: 10, cornerRadius: 8, boxPadding: 4 },
      },
    },
  };
}
