import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

const asked = /** @type {any[]} */ ([]);
let answers = /** @type {(() => Response)[]} */ ([]);

globalThis.fetch = async (_address, { body }) => {
  asked.push(JSON.parse(String(body)));
  const answer = answers.shift();
  if (!answer) throw new TypeError('the network is down');
  return answer();
};
/** The upload of a photo, which is answered at once. */
globalThis.XMLHttpRequest = /** @type {any} */ (class {
  upload = {};
  status = 200;
  response = { id: `photo ${Math.random()}`, predictions: [], image: {} };
  open() {}
  abort() {}
  send() {
    /** @type {any} */ (this).onload();
  }
});
globalThis.Image = /** @type {any} */ (class {
  set src(_url) {
    queueMicrotask(/** @type {any} */ (this).onerror);
  }
});

const photo = await import('../../frontend/js/photo.js');
const { ApiError } = await import('../../frontend/js/errors.js');
const jpeg = new File([new Uint8Array([0xff, 0xd8, 0xff, 0xe0])], 'a.jpg');
const done = () => Response.json({ wrong_prediction_id: null });
const refused = (/** @type {string} */ error) => () => Response.json({ error, detail: '' }, { status: 409 });

beforeEach(async () => {
  asked.length = 0;
  await photo.choosePhoto(jpeg);
  assert.equal(photo.photoState().stage, 'answered');
});

test('two quick verdicts are one', async () => {
  answers = [done, done];
  const first = photo.judgePhoto('ok');
  assert.ok(photo.isJudging());
  await Promise.all([first, photo.judgePhoto('nok')]);
  assert.deepEqual(asked.map(({ verdict }) => verdict), ['ok']);
  assert.equal(photo.lastVerdict()?.verdict, 'ok');
  assert.equal(photo.photoState().stage, 'empty');
  assert.ok(!photo.isJudging());
});

test('a verdict whose answer was lost is done when the server already has it', async () => {
  answers = [];
  await assert.rejects(photo.judgePhoto('nok'), ApiError);
  assert.equal(photo.photoState().stage, 'answered');
  answers = [refused('prediction_already_judged')];
  await photo.judgePhoto('nok');
  assert.equal(photo.lastVerdict()?.verdict, 'nok');
  assert.equal(photo.photoState().stage, 'empty');
});

test('a prediction judged elsewhere is told', async () => {
  answers = [refused('prediction_already_judged')];
  await assert.rejects(photo.judgePhoto('ok'), { code: 'prediction_already_judged' });
});

test('a photo that the server has not kept goes along', async () => {
  globalThis.FileReader ??= /** @type {any} */ (class {
    result = 'data:;base64,AAAA';
    readAsDataURL() {
      queueMicrotask(/** @type {any} */ (this).onload);
    }
  });
  answers = [refused('verdict_image_required'), done];
  await photo.judgePhoto('nok', 'cannoli');
  assert.deepEqual(asked.map(({ image, correct_tag }) => [image, correct_tag]), [[undefined, 'cannoli'], ['AAAA', 'cannoli']]);
});
