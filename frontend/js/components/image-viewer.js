// @ts-check
// One training image, large.
import { html } from '../dom.js';
import { number, t } from '../i18n.js';
import { imageUrl } from '../training-api.js';
import { openDialog } from './dialog.js';
import { loadPrivateImages, privateImage } from './private-image.js';

/** @param {string} project @param {import('../training-api.js').TrainingImage} image */
export async function viewImage(project, { id, name, width, height, tags }) {
  const leaving = new AbortController();
  const said = tags.map((tag) => tag.name).join(', ') || t('images.no_tag');
  await openDialog({
    title: name,
    body: html`<div class="viewer">${privateImage(imageUrl(project, id), t('images.tile', { name, tags: said }))}</div>
      <p class="facts">${said} · ${number(width)} × ${number(height)} px</p>`,
    submit: t('common.close'),
    cancel: false,
    wide: true,
    onOpen: ({ dialog }) => loadPrivateImages(dialog, leaving.signal),
  });
  leaving.abort();
}
