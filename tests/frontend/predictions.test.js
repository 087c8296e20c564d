import assert from 'node:assert/strict';
import { test } from 'node:test';

import { doubtOf } from '../../frontend/js/components/prediction-table.js';

const answer = (/** @type {number[]} */ ...shares) => shares.map((probability, index) => ({ tag: 'abc'[index], probability }));

test('a clear lead leaves no doubt, however low it is among a thousand tags', () => {
  assert.equal(doubtOf(answer(0.9, 0.05)), null);
  assert.equal(doubtOf(answer(0.13, 0.05)), null);
  assert.equal(doubtOf(answer(0.31, 0.2)), null);
  assert.equal(doubtOf(answer(1)), null);
  assert.equal(doubtOf([]), null);
});

test('a narrow lead names both tags, and no lead asks for the right one', () => {
  assert.match(String(doubtOf(answer(0.3, 0.29))), /a.*b/);
  assert.match(String(doubtOf(answer(0.09, 0.01))), /NOK/);
});
