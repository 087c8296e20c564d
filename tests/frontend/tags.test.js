import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isUnclear, meantTag, rankTags, tidyTag } from '../../frontend/js/tags.js';

test('tags that start with what was typed come first, without regard to case or accents', () => {
  const tags = ['tarte', 'pâté', 'Patate', 'compote'];
  assert.deepEqual(rankTags(tags, 'PÂT'), ['pâté', 'Patate']);
  assert.deepEqual(rankTags(['tarte', 'compote', 'terrine'], 'te'), ['terrine', 'tarte', 'compote']);
  assert.deepEqual(rankTags(tags, ''), tags);
  assert.deepEqual(rankTags(tags, 'zzz'), []);
});

test('the order given is kept within each group, for it is that of the probabilities', () => {
  assert.deepEqual(rankTags(['pot pie', 'pizza', 'pier', 'pie'], 'pi'), ['pizza', 'pier', 'pie', 'pot pie']);
});

test('a tag there is is taken, whatever the case, the accents and the spaces', () => {
  const tags = ['Crème brûlée', 'crane', 'Crane'];
  assert.equal(meantTag(tags, '  creme   BRULEE '), 'Crème brûlée');
  assert.equal(meantTag(tags, 'Crane'), 'Crane');
  assert.equal(meantTag(tags, ' new   tag '), 'new tag');
  assert.equal(tidyTag(' \u00a0 '), '');
});

test('a new category is unclear only where a tag there is begins the same', () => {
  const tags = ['pier', 'pizza'];
  assert.ok(isUnclear(tags, 'pi'));
  assert.ok(isUnclear(tags, 'pie'));
  assert.ok(!isUnclear(tags, 'PIZZA'));
  assert.ok(!isUnclear(tags, 'cannoli'));
  assert.ok(!isUnclear(tags, ' '));
});
