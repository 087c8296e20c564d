import assert from 'node:assert/strict';
import { test } from 'node:test';

import { batches, folderTag, isHidden, isZip, MOST_BYTES, MOST_FILES } from '../../frontend/js/upload-plan.js';

const files = (count, tag, size = 1000) => Array.from({ length: count }, (_, index) => ({ size, tag, index }));

test('the folder around a file names its tag, and files in no folder have none', () => {
  assert.equal(folderTag('Train/pizza/01.jpg'), 'pizza');
  assert.equal(folderTag('pizza/01.jpg'), 'pizza');
  assert.equal(folderTag('/crème brûlée /01.jpg'), 'crème brûlée');
  assert.equal(folderTag('01.jpg'), null);
  assert.equal(folderTag(`${'x'.repeat(300)}/01.jpg`)?.length, 128);
});

test('what operating systems leave behind is not sent', () => {
  for (const path of ['.DS_Store', 'pizza/Thumbs.db', '__MACOSX/pizza/01.jpg', 'pizza/.hidden/01.jpg', 'a/desktop.ini']) {
    assert.ok(isHidden(path), path);
  }
  for (const path of ['pizza/01.jpg', 'my.photos/01.jpg', 'pizza/Thumbs.jpg']) assert.ok(!isHidden(path), path);
});

test('a zip is known by its name or its type', () => {
  assert.ok(isZip({ name: 'Train.ZIP' }));
  assert.ok(isZip({ name: 'train', type: 'application/zip' }));
  assert.ok(!isZip({ name: 'zip.jpg', type: 'image/jpeg' }));
});

test('a batch has one tag and at most so many files, in the order given', () => {
  const sent = batches([...files(70, 'pizza'), ...files(3, null), ...files(60, 'pizza')]);
  assert.deepEqual(sent.map((batch) => [batch[0].tag, batch.length]), [['pizza', MOST_FILES], ['pizza', MOST_FILES], ['pizza', 10], [null, 3]]);
  for (const batch of sent) assert.equal(new Set(batch.map(({ tag }) => tag)).size, 1);
  assert.deepEqual(batches(files(3, 'a')).flat().map(({ index }) => index), [0, 1, 2]);
  assert.deepEqual(batches([]), []);
});

test('a batch is no heavier than the server takes, but a file too heavy for any goes alone', () => {
  const heavy = files(10, 'a', MOST_BYTES / 4);
  assert.deepEqual(batches(heavy).map(({ length }) => length), [4, 4, 2]);
  assert.deepEqual(batches([...files(1, 'a'), ...files(1, 'a', MOST_BYTES * 2), ...files(1, 'a')]).map(({ length }) => length), [1, 1, 1]);
});
