import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';

import { addToUploads, dropUploads, uploadChanges, uploadState, uploadSummary } from '../../frontend/js/uploads.js';

const PROJECT = { id: 'p', name: 'Plats' };
const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);

/** The requests that were made: method, path, and the fields of a form. */
let asked = [];
/** Tags on the server. */
let tags = [];
/** What becomes of each image, by its name. */
let statuses = {};

const answer = (body) => ({ ok: true, status: 200, json: async () => body });
const realFetch = globalThis.fetch;
const realRequest = globalThis.XMLHttpRequest;

globalThis.fetch = async (path, { method, body }) => {
  asked.push([method, path]);
  if (method === 'POST') tags.push({ id: `id of ${JSON.parse(body).name}`, name: JSON.parse(body).name });
  return answer(method === 'POST' ? tags[tags.length - 1] : { items: tags, next: null });
};

/** As much of a browser's class as api.js uses. */
globalThis.XMLHttpRequest = class {
  upload = {};
  open(method, path) {
    this.path = path;
  }
  setRequestHeader() {}
  abort() {}
  send(form) {
    const names = form.getAll('images').map(({ name }) => name);
    asked.push(['UPLOAD', this.path, form.getAll('tags'), names.length]);
    this.status = 200;
    this.response = { items: names.map((name) => ({ name, status: statuses[name] ?? 'OK', detail: null, image: null })) };
    queueMicrotask(() => this.onload());
  }
};

after(() => {
  globalThis.fetch = realFetch;
  globalThis.XMLHttpRequest = realRequest;
});

beforeEach(() => {
  dropUploads();
  asked = [];
  tags = [{ id: 'id of pizza', name: 'pizza' }];
  statuses = {};
});

const found = (path, bytes = JPEG) => ({ path, file: new File([bytes], path.split('/').pop()) });

/** Until nothing is on its way. */
const done = () => new Promise((resolve) => {
  uploadChanges.addEventListener('change', function look() {
    if (uploadState().isSending) return;
    uploadChanges.removeEventListener('change', look);
    resolve(undefined);
  });
});

test('files go in batches under the tags of their folders, missing tags are made', async () => {
  const files = Array.from({ length: 61 }, (_, index) => found(`Train/pizza/${index}.jpg`));
  addToUploads(PROJECT, [...files, found('Train/risotto/a.jpg'), found('loose.jpg')], null);
  await done();
  const uploads = asked.filter(([method]) => method === 'UPLOAD').map(([, , names, count]) => [names, count]);
  assert.deepEqual(uploads, [[['id of pizza'], 60], [['id of pizza'], 1], [['id of risotto'], 1], [[], 1]]);
  assert.equal(asked.filter(([method]) => method === 'POST').length, 1);
  assert.deepEqual(uploadSummary(), { files: 63, waiting: 0, added: 63, duplicate: 0, refused: 0, share: 1 });
});

test('each file tells what became of it, and what is no photo is not sent', async () => {
  statuses = { 'b.jpg': 'OKDuplicate', 'c.jpg': 'ErrorImageSize' };
  addToUploads(PROJECT, [found('a.jpg'), found('b.jpg'), found('c.jpg'), found('film.jpg', new Uint8Array([1, 2, 3]))], 'pizza');
  await done();
  assert.deepEqual(uploadState().items.map(({ state }) => state), ['added', 'duplicate', 'refused', 'refused']);
  assert.equal(asked.find(([method]) => method === 'UPLOAD')?.[3], 3);
  assert.equal(/** @type {any} */ (uploadState().items[3].reason).status, 'ErrorImageFormat');
});

test('files for another project wait for their own turn', async () => {
  assert.ok(addToUploads(PROJECT, [found('a.jpg')], null));
  assert.ok(!addToUploads({ id: 'q', name: 'Autre' }, [found('b.jpg')], null));
  await done();
  assert.ok(addToUploads({ id: 'q', name: 'Autre' }, [found('b.jpg')], null));
  await done();
  assert.equal(asked.at(-1)?.[1], '/projects/q/images');
});
