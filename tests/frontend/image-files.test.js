import assert from 'node:assert/strict';
import { test } from 'node:test';

import { acceptAttribute, extensions, fileProblem, megabytes, USUAL_LIMITS } from '../../frontend/js/image-files.js';

const limits = { ...USUAL_LIMITS, max_upload_bytes: 4 * 1024 * 1024, formats: ['JPEG', 'PNG'] };
const file = (/** @type {object} */ facts) => ({ name: 'a.jpg', type: 'image/jpeg', size: 1000, ...facts });

test('a photo within the limits may be sent, also at the limit itself', () => {
  assert.equal(fileProblem(file({}), limits), null);
  assert.equal(fileProblem(file({ size: limits.max_upload_bytes }), limits), null);
  assert.equal(fileProblem(file({ type: 'IMAGE/PNG' }), limits), null);
});

test('what cannot be sent is told apart', () => {
  assert.equal(fileProblem(file({ size: limits.max_upload_bytes + 1 }), limits), 'size');
  assert.equal(fileProblem(file({ size: 0 }), limits), 'empty');
  assert.equal(fileProblem(file({ type: 'application/pdf' }), limits), 'type');
  assert.equal(fileProblem(file({ type: 'image/webp' }), limits), 'type');
  assert.equal(fileProblem(file({ type: 'image/heic' }), limits), 'heic');
  assert.equal(fileProblem(file({ name: 'IMG_1.HEIC', type: '' }), limits), 'heic');
});

test('a file whose type the browser does not know is left to the server', () => {
  assert.equal(fileProblem(file({ name: 'photo', type: '' }), limits), null);
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
