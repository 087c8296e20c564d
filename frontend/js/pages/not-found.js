// @ts-check
// An address that names nothing.
import { empty } from '../components/notices.js';
import { fill, html } from '../dom.js';
import { t } from '../i18n.js';
import { HOME } from '../router.js';

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('not_found.title'),
  show({ main }) {
    const action = html`<button type="button" class="btn btn-primary" data-go="${HOME}">${t('common.home')}</button>`;
    fill(main, html`<h1 class="visually-hidden" tabindex="-1">${t('not_found.title')}</h1>
      ${empty({ icon: 'search', heading: t('not_found.title'), text: t('not_found.text'), action })}`);
  },
};
