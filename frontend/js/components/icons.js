// @ts-check
// The page's own line icons, on a grid of 24.
import { html, Markup } from '../dom.js';

const PATHS = {
  alert: '<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5M12 16.4v.1"/>',
  arrow: '<path d="M19 12H5M11 6l-6 6 6 6"/>',
  auto: '<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5v17"/><path d="M12 5.5a6.5 6.5 0 0 1 0 13z" fill="currentColor" stroke="none"/>',
  camera: '<path d="M4.5 8h3l1.6-2.6h5.8L16.5 8h3A1.5 1.5 0 0 1 21 9.5v8a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5v-8A1.5 1.5 0 0 1 4.5 8z"/><circle cx="12" cy="13.2" r="3.4"/>',
  chart: '<path d="M4 20h16M7 16v-5M12 16V5M17 16V9"/>',
  check: '<path d="M4.5 12.5l5 5 10-11"/>',
  chevron: '<path d="M7 10l5 5 5-5"/>',
  copy: '<rect x="8.5" y="8.5" width="11" height="11" rx="2"/><path d="M15.5 5.5v0a1 1 0 0 0-1-1h-8a2 2 0 0 0-2 2v8a1 1 0 0 0 1 1"/>',
  cross: '<path d="M6 6l12 12M18 6L6 18"/>',
  download: '<path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4.5 19.5h15"/>',
  eye: '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="2.8"/>',
  eyeOff: '<path d="M9.5 5.8A9.5 9.5 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-2.7 3.5M6.4 7.2A16 16 0 0 0 2.5 12S6 18.5 12 18.5a9.3 9.3 0 0 0 4.5-1.2M4 4l16 16"/>',
  filter: '<path d="M4 6.5h16M7 12h10M10 17.5h4"/>',
  flask: '<path d="M9.5 3.5v6L4.4 18a1.7 1.7 0 0 0 1.5 2.5h12.2a1.7 1.7 0 0 0 1.5-2.5l-5.1-8.5v-6M8 3.5h8M7.3 14h9.4"/>',
  folder: '<path d="M3.5 7.5A1.5 1.5 0 0 1 5 6h4.2l2 2.3H19a1.5 1.5 0 0 1 1.5 1.5v8A1.5 1.5 0 0 1 19 19.3H5a1.5 1.5 0 0 1-1.5-1.5z"/>',
  home: '<path d="M4 11l8-7 8 7M6 9.5V20h12V9.5"/>',
  info: '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.6v.1"/>',
  key: '<circle cx="8" cy="15.5" r="4"/><path d="M11 12.7l8-8M16 7.5l2.5 2.5M13.3 10.2l1.8 1.8"/>',
  layers: '<path d="M12 4l8.5 4.5L12 13 3.5 8.5zM4 12.8l8 4.2 8-4.2"/>',
  moon: '<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"/>',
  pencil: '<path d="M4.5 19.5l1-4.2L15.9 4.9a1.6 1.6 0 0 1 2.3 0l.9.9a1.6 1.6 0 0 1 0 2.3L8.7 18.5z"/>',
  photo: '<rect x="3.5" y="5" width="17" height="14" rx="2.5"/><circle cx="9" cy="10" r="1.6"/><path d="M4 17l5-4.5 3.5 3 3-2.5 5 4"/>',
  plus: '<path d="M12 5v14M5 12h14"/>',
  retry: '<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15"/>',
  search: '<circle cx="11" cy="11" r="6.5"/><path d="M16 16l4 4"/>',
  signOut: '<path d="M14 4.5H7A2.5 2.5 0 0 0 4.5 7v10A2.5 2.5 0 0 0 7 19.5h7M10.5 12h10M17 8.5l3.5 3.5-3.5 3.5"/>',
  sun: '<circle cx="12" cy="12" r="4"/><path d="M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1"/>',
  tag: '<path d="M4 12.5V5.5A1.5 1.5 0 0 1 5.5 4h7l7.6 7.6a1.5 1.5 0 0 1 0 2.1l-6.4 6.4a1.5 1.5 0 0 1-2.1 0z"/><path d="M8.4 8.4v.1"/>',
  trash: '<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.9 11.6a1.5 1.5 0 0 0 1.5 1.4h6.2a1.5 1.5 0 0 0 1.5-1.4L17.5 7M10.3 11v5M13.7 11v5"/>',
  undo: '<path d="M8.5 5L4.5 9l4 4M5 9h9a5.5 5.5 0 0 1 0 11h-4"/>',
  upload: '<path d="M12 15.5v-11M7.5 9L12 4.5 16.5 9M4.5 19.5h15"/>',
  users: '<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 19.5a6.5 6.5 0 0 1 13 0M15.5 5.3a3.5 3.5 0 0 1 0 6.4M17.5 14.2a6.5 6.5 0 0 1 4 5.3"/>',
};

/**
 * An icon that screen readers skip: the words beside it say the same.
 * @param {keyof typeof PATHS} name
 */
export function icon(name) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${new Markup(PATHS[name])}</svg>`;
}

/** The mark: a viewfinder that has found something. */
export function mark() {
  return html`<svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path d="M3 11V9a6 6 0 0 1 6-6h2M21 3h2a6 6 0 0 1 6 6v2M29 21v2a6 6 0 0 1-6 6h-2M11 29H9a6 6 0 0 1-6-6v-2" />
    <circle cx="16" cy="16" r="5.5" />
  </svg>`;
}
