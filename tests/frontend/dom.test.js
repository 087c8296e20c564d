import assert from 'node:assert/strict';
import { test } from 'node:test';

import { escape, fragment, html } from '../../frontend/js/dom.js';

test('values are escaped in text and in quoted attributes', () => {
  const nasty = `"><img src=x onerror='alert(1)'>&`;
  const markup = html`<p title="${nasty}">${nasty}</p>`.text;
  assert.equal(markup.match(/</g)?.length, 2);
  assert.ok(!markup.includes(`'`));
  assert.ok(markup.includes('&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;'));
});

test('pieces of html and lists of them are kept, strings in lists are escaped', () => {
  const rows = ['a', '<b>'].map((name) => html`<li>${name}</li>`);
  assert.equal(html`<ul>${rows}</ul>`.text, '<ul><li>a</li><li>&lt;b&gt;</li></ul>');
  assert.equal(html`${['<i>', html`<b></b>`]}`.text, '&lt;i&gt;<b></b>');
});

test('nothing is shown for null, undefined and false, but zero and true are', () => {
  assert.equal(html`${null}${undefined}${false}|${0}${true}`.text, '|0true');
});

test('escaping twice does not happen to a nested piece', () => {
  const inner = html`<b>${'&'}</b>`;
  assert.equal(html`${inner}`.text, '<b>&amp;</b>');
});

test('an object with a text of its own is not taken for html', () => {
  assert.equal(html`${{ text: '<script>', toString: () => '<script>' }}`.text, '&lt;script&gt;');
  assert.throws(() => fragment(/** @type {any} */ ({ text: '<script>' })), TypeError);
  assert.throws(() => fragment(/** @type {any} */ ('<script>')), TypeError);
});

test('escape takes anything', () => {
  assert.equal(escape(12), '12');
  assert.equal(escape(null), 'null');
});
