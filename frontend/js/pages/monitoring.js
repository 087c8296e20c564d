// @ts-check
// What people say about the predictions: OK rate, OK and NOK per day and per tag.
import { getVerdicts } from '../api.js';
import { empty, failure, loading } from '../components/notices.js';
import { filteredAddress } from '../components/wrong-filters.js';
import { drawVerdictChart } from '../components/verdict-chart.js';
import { fill, find, html } from '../dom.js';
import { day, number, percent, t } from '../i18n.js';
import { href } from '../router.js';

const PERIODS = [7, 30, 90];

/** @typedef {import('../api.js').Verdicts} Verdicts */

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('monitoring.heading'),
  async show({ main, query, signal }) {
    const asked = Number(query.get('days'));
    const days = PERIODS.includes(asked) ? asked : 30;
    fill(main, frame(days));
    const root = find(main, '[data-verdicts]');
    try {
      const verdicts = await getVerdicts(days, signal);
      const isEmpty = verdicts.ok + verdicts.nok === 0;
      fill(root, isEmpty ? nothing(verdicts) : view(verdicts));
      if (!isEmpty) await drawVerdictChart(find(root, 'canvas'), verdicts.per_day, signal);
    } catch (error) {
      if (!signal.aborted) fill(root, failure(error));
    }
  },
};

/** @param {number} days */
function frame(days) {
  return html`<div class="page-head">
      <div>
        <h1 tabindex="-1">${t('monitoring.heading')}</h1>
        <p class="page-lead">${t('monitoring.lead')}</p>
      </div>
      <nav class="segmented" aria-label="${t('monitoring.period')}">
        ${PERIODS.map((count) => html`<a href="${href(`/monitoring?days=${count}`)}" ${count === days && html`aria-current="true"`}>${t('monitoring.days', { count })}</a>`)}
      </nav>
    </div>
    <div data-verdicts>${loading()}</div>`;
}

/** @param {Verdicts} verdicts */
function nothing({ unjudged }) {
  return html`${empty({ icon: 'chart', heading: t('monitoring.empty'), text: t('monitoring.empty_text') })}
    ${unjudged > 0 && html`<p class="text-center text-body-secondary">${t('monitoring.unjudged_count', { count: number(unjudged) })}</p>`}`;
}

/** @param {Verdicts} verdicts */
function view(verdicts) {
  return html`<div class="monitoring">
    <section class="rate" aria-label="${t('monitoring.rate')}">
      <p class="rate-number">${rate(verdicts.ok_rate)}</p>
      <p class="rate-label">${t('monitoring.ok_rate')}</p>
      <div class="rate-bar" aria-hidden="true"><b data-share="${verdicts.ok_rate ?? 0}"></b></div>
      <dl class="counts">
        <div><dt><i class="dot dot-ok"></i>${t('monitoring.ok')}</dt><dd>${number(verdicts.ok)}</dd></div>
        <div><dt><i class="dot dot-nok"></i>${t('monitoring.nok')}</dt><dd>${number(verdicts.nok)}</dd></div>
        <div><dt><i class="dot"></i>${t('monitoring.unjudged')}</dt><dd>${number(verdicts.unjudged)}</dd></div>
      </dl>
    </section>
    <section class="per-day">
      <h2 class="section-heading">${t('monitoring.per_day')}</h2>
      <div class="chart"><canvas role="img" aria-label="${t('monitoring.chart_label')}"></canvas></div>
      <details class="numbers">
        <summary>${t('monitoring.as_table')}</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="${t('monitoring.per_day')}">${dayTable(verdicts.per_day)}</div>
      </details>
    </section>
    <section class="per-tag">
      <h2 class="section-heading">${t('monitoring.per_tag')}</h2>
      ${tagTable(verdicts.per_tag)}
    </section>
  </div>`;
}

/** @param {number | null} share */
const rate = (share) => (share === null ? '–' : percent(share));

/** @param {Verdicts['per_day']} days */
function dayTable(days) {
  return html`<table class="table numbers-table">
    <thead><tr><th scope="col">${t('monitoring.day')}</th><th scope="col">${t('monitoring.ok')}</th><th scope="col">${t('monitoring.nok')}</th></tr></thead>
    <tbody>${days.map((each) => html`<tr><th scope="row">${day(each.day)}</th><td>${number(each.ok)}</td><td>${number(each.nok)}</td></tr>`)}</tbody>
  </table>`;
}

/** The tag; where it was judged NOK, leading to those photos. @param {Verdicts['per_tag'][number]} facts */
function tagName({ tag, nok }) {
  if (nok === 0) return html`<span>${tag}</span>`;
  const address = filteredAddress(new URLSearchParams({ tag }));
  return html`<a href="${href(address)}" aria-label="${t('monitoring.see_nok', { tag })}">${tag}</a>`;
}

/** @param {Verdicts['per_tag']} tags */
function tagTable(tags) {
  return html`<table class="table numbers-table">
    <thead><tr><th scope="col">${t('monitoring.tag')}</th><th scope="col">${t('monitoring.ok')}</th><th scope="col">${t('monitoring.nok')}</th><th scope="col">${t('monitoring.rate')}</th></tr></thead>
    <tbody>${tags.map((each) => html`<tr>
      <th scope="row">${tagName(each)}<i class="bar" aria-hidden="true"><b data-share="${each.ok_rate ?? 0}"></b></i></th>
      <td>${number(each.ok)}</td><td>${number(each.nok)}</td><td>${rate(each.ok_rate)}</td>
    </tr>`)}</tbody>
  </table>`;
}
