// @ts-check
// "Validation de la prédiction": OK, or NOK with an optional correct tag.
import { fill, find, html } from '../dom.js';
import { t } from '../i18n.js';
import { messageOf } from '../messages.js';
import { isJudging, judgePhoto, photoState } from '../photo.js';
import { go } from '../router.js';
import { icon } from './icons.js';
import { formError } from './notices.js';
import { askTag } from './tag-dialog.js';

/** The two buttons and the notice. */
export function verdictSection() {
  return html`<h2 class="section-heading" id="verdict-heading">${t('verdict.heading')}</h2>
    <p class="section-lead">${t('verdict.question')}</p>
    <div class="verdict">
      <button type="button" class="btn btn-verdict btn-ok" data-verdict="ok" aria-keyshortcuts="o">
        ${icon('check')}${t('verdict.ok')}<kbd aria-hidden="true">O</kbd>
      </button>
      <button type="button" class="btn btn-verdict btn-not-ok" data-verdict="nok" aria-keyshortcuts="n" aria-haspopup="dialog">
        ${icon('cross')}${t('verdict.nok')}<kbd aria-hidden="true">N</kbd>
      </button>
    </div>
    <div data-verdict-problem></div>
    <p class="fine-print">${icon('info')}<span>${t('verdict.notice')}</span></p>`;
}

/** @param {HTMLElement} root the section @param {'ok' | 'nok'} verdict */
export async function giveVerdict(root, verdict) {
  if (isJudging()) return;
  if (verdict === 'nok') return askCorrectTag();
  const buttons = [...root.querySelectorAll('button')];
  buttons.forEach((button) => (button.disabled = true));
  try {
    await judgePhoto('ok');
    go('/confirmation');
  } catch (error) {
    const problem = root.querySelector('[data-verdict-problem]');
    if (problem) fill(problem, formError(messageOf(error)));
    buttons.forEach((button) => (button.disabled = false));
  }
}

/** Nothing is sent before the person sends or skips. */
async function askCorrectTag() {
  // Every tag, the likeliest first. The answer was judged wrong, so its tag comes last.
  const [first, ...others] = (photoState().prediction?.predictions ?? []).map(({ tag }) => tag);
  const isSent = await askTag({
    title: t('verdict.which_tag'),
    text: t('verdict.which_tag_text'),
    submit: t('verdict.send'),
    secondary: html`<button type="button" class="btn btn-quiet" data-skip-tag>${t('verdict.skip')}</button>`,
    suggestions: first ? [...others, first] : [],
    onOpen: ({ form }) => {
      find(form, '[data-skip-tag]').addEventListener('click', () => {
        find(form, '#tag-input').value = '';
        form.requestSubmit();
      });
    },
    onSubmit: (tag) => judgePhoto('nok', tag || undefined).then(() => true),
  });
  if (isSent) go('/confirmation');
}
