import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fold, formatBytes, formatDay, formatPercent, formatWait, modelName } from '../../frontend/js/format.js';

/** The kinds of space differ between languages and versions of their data. */
const plain = (text) => text.replace(/\s/g, ' ');

test('percentages are written as each language does', () => {
  assert.equal(plain(formatPercent(0.8742, 'fr')), '87,4 %');
  assert.equal(formatPercent(0.8742, 'en'), '87.4%');
  assert.equal(plain(formatPercent(0.03, 'fr')), '3,0 %');
});

test('a percentage never claims more than it knows', () => {
  assert.equal(plain(formatPercent(0.00001, 'fr')), '< 0,1 %');
  assert.equal(formatPercent(0.99999, 'en'), '> 99.9%');
  assert.equal(formatPercent(0, 'en'), '0%');
  assert.equal(formatPercent(1, 'en'), '100%');
});

test('sizes use the unit that reads best', () => {
  assert.equal(plain(formatBytes(900, 'fr')), '900 o');
  assert.equal(plain(formatBytes(31 * 1024, 'fr')), '31 Ko');
  assert.equal(plain(formatBytes(4 * 1024 * 1024, 'en')), '4 MB');
  assert.equal(plain(formatBytes(4.84 * 1024 * 1024, 'fr')), '4,8 Mo');
  assert.equal(plain(formatBytes(0, 'en')), '0 B');
});

test('waiting times are short to read', () => {
  assert.equal(plain(formatWait(45)), '45 s');
  assert.equal(plain(formatWait(125)), '2 min 05 s');
  assert.equal(plain(formatWait(4320)), '1 h 12 min');
  assert.equal(plain(formatWait(-3)), '0 s');
});

test('a day is the same day in every time zone', () => {
  assert.match(formatDay('2026-03-01', 'en'), /1/);
  assert.match(formatDay('2026-03-01', 'en'), /Mar/);
});

test('what people type is compared without case or accents', () => {
  assert.equal(fold('  Crème Brûlée '), 'creme brulee');
});

test('a model is named with its project, unless both are called the same', () => {
  assert.equal(modelName({ project: 'Plats', iteration: 'Iteration 2' }), 'Plats, Iteration 2');
  assert.equal(modelName({ project: 'ImageNet', iteration: 'ImageNet' }), 'ImageNet');
});
