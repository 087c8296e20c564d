// @ts-check
// State 2: the verdict was received.
import { icon } from '../components/icons.js';
import { takePhotos } from '../components/incoming-photos.js';
import { fill, html } from '../dom.js';
import { t } from '../i18n.js';
import { choosePhoto, lastVerdict } from '../photo.js';
import { go, HOME, redirectTo } from '../router.js';

/** @type {import('../router.js').Page} */
export const page = {
  title: () => t('confirmation.title'),
  show({ main, signal }) {
    const judged = lastVerdict();
    if (!judged) return redirectTo(HOME);
    fill(
      main,
      html`<div class="confirmation">
        <span class="confirmation-mark corners" aria-hidden="true"><i></i><i></i><i></i><i></i>${icon('check')}</span>
        <h1 tabindex="-1">${t('confirmation.heading')}</h1>
        <p>${t(`confirmation.${judged.verdict}`)}</p>
        <button type="button" class="btn btn-primary btn-lg" data-go="${HOME}">${t('common.home')}</button>
        <p class="confirmation-next">${t('confirmation.next')}</p>
      </div>`,
    );
    // Who has many photos to judge need not go back first.
    takePhotos({ take: (file) => (void choosePhoto(file), go(HOME)), signal });
  },
};
