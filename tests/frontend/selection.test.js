import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Selection } from '../../frontend/js/selection.js';

const order = ['a', 'b', 'c', 'd', 'e'];

test('one click selects, the next lets go', () => {
  const selection = new Selection();
  selection.toggle('b');
  assert.ok(selection.has('b'));
  selection.toggle('b');
  assert.equal(selection.size, 0);
});

test('a range goes from the last one clicked, in either direction, and keeps what was selected', () => {
  const selection = new Selection();
  selection.toggle('d');
  selection.extendTo(order, 'b');
  assert.deepEqual([...selection.ids].sort(), ['b', 'c', 'd']);
  selection.extendTo(order, 'e');
  assert.deepEqual([...selection.ids].sort(), ['b', 'c', 'd', 'e']);
});

test('a range without a beginning is one click', () => {
  const selection = new Selection();
  selection.extendTo(order, 'c');
  assert.deepEqual([...selection.ids], ['c']);
  selection.toggle('c');
  selection.keepOnly(['a']);
  selection.anchor = 'gone';
  selection.extendTo(order, 'a');
  assert.deepEqual([...selection.ids], ['a']);
});

test('what is gone from the list is not selected', () => {
  const selection = new Selection();
  selection.set(order);
  selection.keepOnly(['b', 'e', 'f']);
  assert.deepEqual([...selection.ids], ['b', 'e']);
});
