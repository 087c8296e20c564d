// @ts-check
// The first thing a report says: better or worse than the one that answers now, or than another one.
import { fill, find, html } from '../dom.js';
import { ApiError } from '../errors.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { compare } from '../training-api.js';
import { comparisonLead, comparisonTable } from './comparison-view.js';

/** @typedef {import('../training-api.js').Iteration} Iteration @typedef {import('../comparison.js').Comparison} Comparison */

export class ComparisonSection {
  /** @param {HTMLElement} root @param {string} project @param {Iteration} iteration @param {Iteration[]} iterations @param {AbortSignal} signal */
  constructor(root, project, iteration, iterations, signal) {
    this.root = root;
    this.project = project;
    this.iteration = iteration;
    this.signal = signal;
    this.others = iterations.filter(({ id, status }) => id !== iteration.id && status === 'completed');
  }

  /** @param {string} other @returns {Promise<Comparison>} */
  with(other) {
    return compare(this.project, this.iteration.id, other, this.signal);
  }

  /** With the iteration that answers now; else with the one before this. */
  async load() {
    const published = this.others.filter(({ published_name }) => published_name !== null).sort((one, two) => String(two.published_at).localeCompare(String(one.published_at)))[0];
    const other = published ?? this.others.find(({ number }) => number < this.iteration.number) ?? this.others[0];
    if (!other) return fill(this.root, html`<p class="verdict-sentence">${t('compare.first')}</p><p class="verdict-detail">${t('compare.first_text')}</p>`);
    fill(this.root, html`<label class="compare-with"><span>${t('compare.with')}</span>
        <select class="form-select" data-compare-with>${this.others.map(({ id, name, published_name }) => html`<option value="${id}" ${id === other.id && html`selected`}>${name}${published_name && html` (${t('publish.now')})`}</option>`)}</select></label>
      <div data-compared></div>`);
    const select = find(this.root, 'select');
    select.addEventListener('change', () => void this.#show(select.value));
    await this.#show(other.id);
  }

  /** @param {string} other */
  async #show(other) {
    const place = find(this.root, '[data-compared]');
    place.setAttribute('aria-busy', 'true');
    try {
      const compared = await this.with(other);
      if (this.signal.aborted) return;
      fill(place, html`${comparisonLead(compared)}
        ${compared.per_tag.length > 0 && html`<details class="numbers"><summary>${t('compare.numbers')}</summary>${comparisonTable(compared)}</details>`}`);
    } catch (error) {
      if (this.signal.aborted) return;
      fill(place, html`<p class="section-lead">${error instanceof ApiError ? messageOf(error) : t('error.internal_error')}</p>`);
    } finally {
      place.removeAttribute('aria-busy');
    }
  }
}
