import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiError, isSessionOver, isWorthRetrying, toApiError } from '../../frontend/js/errors.js';
import { setLanguage } from '../../frontend/js/i18n.js';
import { messageOf } from '../../frontend/js/messages.js';

globalThis.document ??= /** @type {any} */ ({ documentElement: {} });

test("the API's own code and sentence are kept", () => {
  const error = toApiError(409, { error: 'last_admin', detail: 'This is the last active admin.' });
  assert.deepEqual([error.code, error.status, error.detail], ['last_admin', 409, 'This is the last active admin.']);
});

test('answers that are not the API’s own get a code from their status', () => {
  assert.equal(toApiError(413, '<html>').code, 'request_too_large');
  assert.equal(toApiError(502, null).code, 'unavailable');
  assert.equal(toApiError(500, { detail: [{ msg: 'x' }] }).code, 'internal_error');
  assert.equal(toApiError(418, undefined).code, 'internal_error');
  assert.equal(toApiError(0, null).code, 'offline');
});

test('the time to wait is read in seconds and as a date', () => {
  assert.equal(toApiError(429, null, '12.2').retryAfterSeconds, 13);
  assert.equal(toApiError(429, null, null).retryAfterSeconds, null);
  assert.equal(toApiError(429, null, 'soon').retryAfterSeconds, null);
  const date = new Date(Date.now() + 60_000).toUTCString();
  const wait = toApiError(429, null, date).retryAfterSeconds;
  assert.ok(wait !== null && wait > 50 && wait <= 60);
});

test('a refused token ends the session, a wrong password does not', () => {
  assert.ok(isSessionOver(toApiError(401, { error: 'token_invalid' })));
  assert.ok(isSessionOver(toApiError(401, null)));
  assert.ok(!isSessionOver(toApiError(401, { error: 'credentials_wrong' })));
  assert.ok(!isSessionOver(toApiError(403, { error: 'admin_only' })));
});

test('trying again is offered where it can help', () => {
  for (const error of [new ApiError('offline'), toApiError(503, null), toApiError(429, null), new TypeError('x')]) {
    assert.ok(isWorthRetrying(error), String(error));
  }
  assert.ok(isWorthRetrying(toApiError(400, { error: 'form_unreadable' })));
  for (const code of ['image_unreadable', 'image_too_many_pixels', 'forbidden']) {
    assert.ok(!isWorthRetrying(toApiError(422, { error: code })), code);
  }
});

test('messages are in the language of the page', () => {
  setLanguage('fr');
  assert.match(messageOf(new ApiError('username_taken')), /déjà pris/);
  assert.match(messageOf(toApiError(429, { error: 'too_many_attempts' }, '125')), /2\smin 05\ss|2\smin\s05\ss/);
  setLanguage('en');
  assert.match(messageOf(new ApiError('username_taken')), /taken/);
  assert.equal(messageOf(toApiError(422, { error: 'password_rejected', detail: 'Use 12 characters.' })), 'Use 12 characters.');
  setLanguage('fr');
});

test('an error nobody foresaw still says something', () => {
  assert.equal(messageOf(toApiError(400, { error: 'brand_new', detail: 'Do this instead.' })), 'Do this instead.');
  assert.match(messageOf(new TypeError('x is undefined')), /Réessayez/);
});
