import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { filteredAddress } from '../../frontend/js/components/wrong-filters.js';

const frontend = new URL('../../frontend/', import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, frontend), 'utf8');
const scripts = readdirSync(new URL('js/', frontend), { recursive: true })
  .map((path) => `js/${path}`)
  .filter((path) => path.endsWith('.js'));
const index = read('index.html');

test('only api.js talks to the server, and only dom.js turns text into nodes', () => {
  for (const path of scripts) {
    const source = read(path);
    if (path !== 'js/api.js') assert.doesNotMatch(source, /\bfetch\(|XMLHttpRequest\b.*\(|sendBeacon|EventSource|WebSocket/, path);
    if (path !== 'js/dom.js') assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write/, path);
  }
});

test('the content policy is kept: no inline script or style, nothing from elsewhere', () => {
  for (const source of [index, ...scripts.map(read)]) {
    assert.doesNotMatch(source, /<[^>]*\s(style|on\w+)=/i);
    assert.doesNotMatch(source, /<script(?![^>]*\bsrc=)/i);
    assert.doesNotMatch(source.replaceAll('http://www.w3.org/', ''), /https?:\/\//);
  }
});

test('boolean aria attributes are written out: false as a value would leave them empty', () => {
  for (const path of scripts) assert.doesNotMatch(read(path), /aria-\w+="\$\{[^}"]*(===|!==)(?![^}]*\))[^}"]*\}"/, path);
});

test('what the page asks of vendor/ is in the list of what is served', () => {
  const { vendor } = JSON.parse(read('package.json')).classifr;
  const served = new Set(Object.values(vendor));
  const asked = [index, read('css/theme.css'), ...scripts.map(read)].flatMap((source) => [...source.matchAll(/\/vendor\/([\w.-]+)/g)].map(([, name]) => name));
  assert.ok(asked.length >= 3);
  for (const name of asked) assert.ok(served.has(name), name);
});

test('versions are exact and the lock names no registry', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'));
  for (const version of Object.values({ ...dependencies, ...devDependencies })) assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.doesNotMatch(read('package-lock.json'), /"resolved"/);
});

test('filters make an address without the empty ones', () => {
  assert.equal(filteredAddress(new URLSearchParams({ tag: ' pizza ', username: '', from: '2026-01-01' })), '/wrong-predictions?tag=pizza&from=2026-01-01');
  assert.equal(filteredAddress(new URLSearchParams({ correct_tag: 'ricotta', cursor: 'x' })), '/wrong-predictions?correct_tag=ricotta');
  assert.equal(filteredAddress(new URLSearchParams()), '/wrong-predictions');
});
