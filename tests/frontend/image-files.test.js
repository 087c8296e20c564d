import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  acceptAttribute, extensions, fileProblem, isTooManyPixels, megabytes, USUAL_LIMITS,
} from '../../frontend/js/image-files.js';

const limits = { ...USUAL_LIMITS, max_upload_bytes: 4 * 1024 * 1024, formats: ['JPEG', 'PNG'] };
const BEGINNINGS = {
  jpeg: '\xff\xd8\xff\xe0',
  png: '\x89PNG\r\n\x1a\n',
  gif: 'GIF89a',
  bmp: 'BM',
  webp: 'RIFF\x10\0\0\0WEBPVP8 ',
  heic: '\0\0\0\x18ftypheic',
  pdf: '%PDF-1.7',
};

/** A file that begins as a file of this kind does. @param {keyof typeof BEGINNINGS} kind */
function file(kind, { name = 'a.jpg', type = 'image/jpeg', size = 1000 } = {}) {
  const bytes = new Uint8Array(size);
  bytes.set([...BEGINNINGS[kind]].map((character) => character.charCodeAt(0)));
  return new File([bytes], name, { type });
}

test('a photo within the limits may be sent, also at the limit itself', async () => {
  assert.equal(await fileProblem(file('jpeg'), limits), null);
  assert.equal(await fileProblem(file('jpeg', { size: limits.max_upload_bytes }), limits), null);
  assert.equal(await fileProblem(file('png', { type: '' }), limits), null);
});

test('what cannot be sent is told apart', async () => {
  assert.equal(await fileProblem(file('jpeg', { size: limits.max_upload_bytes + 1 }), limits), 'size');
  assert.equal(await fileProblem(new File([], 'a.jpg', { type: 'image/jpeg' }), limits), 'empty');
  for (const kind of /** @type {const} */ (['pdf', 'webp', 'gif', 'bmp'])) {
    assert.equal(await fileProblem(file(kind), limits), 'type', kind);
  }
  assert.equal(await fileProblem(file('heic', { size: 5_000_000 }), limits), 'heic');
});

test('the first bytes count, not the name', async () => {
  const misnamed = { name: 'photo.heic', type: 'image/heic' };
  assert.equal(await fileProblem(file('jpeg', misnamed), limits), null);
  assert.equal(await fileProblem(file('heic', { name: 'photo.jpg' }), limits), 'heic');
});

test('a server that takes more formats than we know is asked', async () => {
  assert.equal(await fileProblem(file('pdf'), { ...limits, formats: ['JPEG', 'TIFF'] }), null);
});

test('pixels are counted only where they are known', () => {
  assert.ok(isTooManyPixels({ width: 10, height: 11 }, { ...limits, max_pixels: 100 }));
  assert.ok(!isTooManyPixels({ width: 10, height: 10 }, { ...limits, max_pixels: 100 }));
  assert.ok(!isTooManyPixels(null, { ...limits, max_pixels: 100 }));
  assert.ok(!isTooManyPixels({ width: 1e5, height: 1e5 }, USUAL_LIMITS));
});

test('formats are named as people know them', () => {
  assert.deepEqual(extensions(['JPEG', 'PNG', 'WEBP', 'AVIF']), ['jpg', 'png', 'webp', 'avif']);
  assert.equal(acceptAttribute(['JPEG', 'PNG']), 'image/jpeg,image/png');
});

test('the limit reads as a round number, however megabytes are counted', () => {
  assert.equal(megabytes(4 * 1024 * 1024), 4);
  assert.equal(megabytes(4_000_000), 4);
  assert.equal(megabytes(2_500_000), 2.5);
});
