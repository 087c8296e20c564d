// @ts-check
// Building page content safely: text is escaped unless it is itself a piece of `html`.

/** A piece of HTML whose values are already escaped. Only `html` makes one. */
export class Markup {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** @type {Record<string, string>} */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * The text as it may stand in an element or a quoted attribute.
 * @param {unknown} value
 */
export function escape(value) {
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function interpolate(value) {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(interpolate).join('');
  if (value === null || value === undefined || value === false) return '';
  return escape(value);
}

/**
 * Template tag: html`<p>${name}</p>`. Values are escaped, except other `html` pieces and lists of
 * them; null, undefined and false leave nothing. Attributes must be quoted.
 * @param {TemplateStringsArray} strings
 * @param {...unknown} values
 */
export function html(strings, ...values) {
  const parts = strings.map((text, index) => text + (index < values.length ? interpolate(values[index]) : ''));
  return new Markup(parts.join(''));
}

/**
 * Replaces everything inside `element`. Bars in it are drawn to their length.
 * @param {Element} element
 * @param {Markup} markup
 */
export function fill(element, markup) {
  element.replaceChildren(fragment(markup));
  drawBars(element);
}

/**
 * The nodes of a piece of HTML.
 * @param {Markup} markup
 */
export function fragment(markup) {
  if (!(markup instanceof Markup)) throw new TypeError('Only html`...` may become nodes.');
  const template = document.createElement('template');
  template.innerHTML = markup.text;
  return template.content;
}

/**
 * The one descendant that must be there.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {any}
 */
export function find(root, selector) {
  const element = root.querySelector(selector);
  if (!element) throw new Error(`Nothing matches ${selector}`);
  return element;
}

/**
 * Listens on `root` for events of the elements that match, now or later.
 * @param {EventTarget} root
 * @param {string} type
 * @param {string} selector
 * @param {(element: any, event: any) => void} listener
 * @param {AbortSignal} [signal]
 */
export function on(root, type, selector, listener, signal) {
  root.addEventListener(
    type,
    (event) => {
      const element = event.target instanceof Element && event.target.closest(selector);
      if (element) listener(element, event);
    },
    { signal },
  );
}

/**
 * Sets the length of each [data-share] by script, for the content policy forbids style attributes.
 * @param {ParentNode} root
 */
export function drawBars(root) {
  for (const bar of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-share]'))) {
    bar.style.setProperty('--share', bar.dataset.share ?? '0');
  }
}
