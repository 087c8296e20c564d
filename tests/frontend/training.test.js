import assert from 'node:assert/strict';
import { test } from 'node:test';

import { comparisonSentence, points, verdictOf } from '../../frontend/js/comparison.js';
import { setLanguage } from '../../frontend/js/i18n.js';
import { heat, pointAt, sortTags, thresholdOf, topConfusions } from '../../frontend/js/report.js';
import { isRunning, obstacle, roundedWait, Silence } from '../../frontend/js/training-plan.js';

globalThis.document ??= /** @type {any} */ ({ documentElement: {} });

const spaced = (/** @type {string} */ text) => text.replace(/[\u00a0\u202f]/g, ' ');
const tag = (name, gained, lost, images = 50) => ({ id: name, name, images, gained, lost, before: 0.9, after: 0.9, difference: (100 * (gained - lost)) / images });
const comparison = (per_tag, { image_count = 200, new_tags = [], ...overall } = {}) => ({
  with: { id: '1', name: 'Iteration 1' }, image_count, per_tag, new_tags, lost_tags: [],
  overall: { before: 0.9, after: 0.915, difference: 1.5, low: -0.8, high: 3.6, ...overall },
});

test('training needs two tags, and five images of each', () => {
  assert.deepEqual(obstacle([{ name: 'a', image_count: 9 }]), { code: 'too_few_tags' });
  assert.deepEqual(obstacle([{ name: 'a', image_count: 9 }, { name: 'b', image_count: 4 }]), { code: 'too_few_images', lacking: [{ name: 'b', count: 4 }] });
  assert.equal(obstacle([{ name: 'a', image_count: 5 }, { name: 'b', image_count: 5 }]), null);
});

test('a training that has not moved for eight seconds is silent', () => {
  const silence = new Silence();
  const at = (/** @type {number} */ progress) => /** @type {any} */ ({ status: 'training', stage: 'embedding', progress, seconds_left: 9 });
  assert.equal(silence.isLong(at(0.4), 1_000), false);
  assert.equal(silence.isLong(at(0.4), 8_900), false);
  assert.equal(silence.isLong(at(0.4), 9_000), true);
  assert.equal(silence.isLong(at(0.1), 9_100), false);
});

test('the time left is told as people round it', () => {
  assert.equal(spaced(roundedWait(0.2)), '1 s');
  assert.equal(spaced(roundedWait(41)), '50 s');
  assert.equal(spaced(roundedWait(95)), '2 min');
  assert.equal(spaced(roundedWait(4000)), '1 h 07 min');
});

test('only what waits or trains is running', () => {
  assert.deepEqual(['queued', 'training', 'completed', 'failed', 'cancelled'].map((status) => isRunning({ status })), [true, true, false, false, false]);
});

test('the comparison is one sentence, the worst tag first', () => {
  setLanguage('fr');
  const mixed = comparison([tag('pizza', 3, 1), tag('risotto', 1, 5), tag('cannoli', 2, 0), tag('tiramisu', 1, 0)]);
  assert.equal(spaced(comparisonSentence(mixed)), 'Meilleure sur 3 tags sur 4 ; moins bonne sur risotto (−8 points, 4 images).');
  setLanguage('en');
  assert.equal(comparisonSentence(mixed), 'Better on 3 of 4 tags; worse on risotto (−8 points, 4 images).');
  assert.equal(comparisonSentence(comparison([tag('a', 1, 1)])), 'Just as good on every tag.');
  assert.equal(comparisonSentence(comparison([tag('a', 2, 1)])), 'Better on 1 of 1 tag; worse on none.');
  assert.equal(comparisonSentence(comparison([], { image_count: 0, new_tags: ['pizza'] })), 'No held-out photo has a tag that both know; new tags: pizza.');
  const many = comparison(['a', 'b', 'c', 'd', 'e'].map((name, index) => tag(name, 0, index + 1)));
  assert.match(comparisonSentence(many), /^Worse on e \(−10 points, 5 images\), d .*, c .*, and 2 more\.$/);
  setLanguage('fr');
});

test('a difference that chance can explain is unclear', () => {
  assert.equal(verdictOf(comparison([])), 'unclear');
  assert.equal(verdictOf(comparison([], { low: 0.1 })), 'better');
  assert.equal(verdictOf(comparison([], { low: -4, high: -0.1 })), 'worse');
  assert.equal(verdictOf(comparison([], { image_count: 0, low: 0.1 })), 'unclear');
});

test('points have a sign, zero has none', () => {
  setLanguage('en');
  assert.deepEqual([2, -1.55, 0, 0.04].map(points), ['+2', '−1.6', '0', '0']);
  setLanguage('fr');
  assert.equal(points(-1.5), '−1,5');
});

test('the threshold of an address is a share, else one half', () => {
  const asked = (/** @type {string} */ text) => thresholdOf(new URLSearchParams(text));
  assert.deepEqual(['', 'threshold=0.85', 'threshold=0', 'threshold=7', 'threshold=x'].map(asked), [0.5, 0.85, 0, 0.5, 0.5]);
});

test('tags are sorted by a number, what is not defined last either way', () => {
  const metrics = (name, precision) => ({ id: name, name, precision, recall: 1, average_precision: 1, images: 1, predicted: 1, true_positives: 1 });
  const tags = [metrics('b', 0.5), metrics('c', null), metrics('a', 0.9), metrics('d', 0.5)];
  assert.deepEqual(sortTags(tags, 'precision', false).map(({ name }) => name), ['b', 'd', 'a', 'c']);
  assert.deepEqual(sortTags(tags, 'precision', true).map(({ name }) => name), ['a', 'b', 'd', 'c']);
  assert.deepEqual(sortTags(tags, 'name', true).map(({ name }) => name), ['d', 'c', 'b', 'a']);
});

test('the confusions that matter are the largest off the diagonal', () => {
  const tags = [{ id: 'a', name: 'a' }, { id: 'b', name: 'b' }];
  const found = topConfusions({ tags, counts: [[40, 2, 3], [5, 30, 0]] }, 2);
  assert.deepEqual(found.map(({ actual, predicted, count }) => [actual.name, predicted?.name ?? null, count]), [['b', 'a', 5], ['a', null, 3]]);
});

test('a curve is read at the threshold, and nowhere above its highest score', () => {
  const curve = [{ threshold: 0.9, precision: 1, recall: 0.2 }, { threshold: 0.5, precision: 0.8, recall: 0.7 }, { threshold: 0.1, precision: 0.5, recall: 1 }];
  assert.equal(pointAt(curve, 0.5)?.recall, 0.7);
  assert.equal(pointAt(curve, 0.6)?.recall, 0.2);
  assert.equal(pointAt(curve, 0)?.recall, 1);
  assert.equal(pointAt(curve, 0.95), null);
});

test('a cell is as warm as its share of the row', () => {
  assert.deepEqual([heat(0, 50), heat(1, 50), heat(25, 50), heat(50, 50), heat(0, 0)], [0, 1, 4, 8, 0]);
});
