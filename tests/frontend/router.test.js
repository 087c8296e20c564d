import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as router from '../../frontend/js/router.js';
import { routes } from '../../frontend/js/routes.js';

const guest = null;
const user = { role: 'user' };
const admin = { role: 'admin' };

/** Where a visitor ends up: the pattern of the screen shown, after any redirections. */
function land(hash, visitor) {
  let place = router.parse(hash);
  for (let hops = 0; hops < 5; hops += 1) {
    const found = router.resolve(routes, place, visitor);
    if ('route' in found) return found.route.pattern;
    place = router.parse(router.href(found.redirect));
  }
  throw new Error(`${hash} redirects for ever`);
}

test('an address is read with its parameters and its query', () => {
  const { path, query } = router.parse('#/wrong-predictions?tag=pizza%20%26%20co&from=2026-01-01');
  assert.equal(path, '/wrong-predictions');
  assert.equal(query.get('tag'), 'pizza & co');
  assert.equal(router.parse('').path, '/');
  assert.deepEqual(router.matchPath('/wrong-predictions/:id', '/wrong-predictions/7'), { id: '7' });
  assert.deepEqual(router.matchPath('/a/:id', '/a/%E0'), { id: '%E0' });
  assert.equal(router.matchPath('/wrong-predictions/:id', '/wrong-predictions/'), null);
  assert.equal(router.matchPath('/wrong-predictions/:id', '/wrong-predictions/7/image'), null);
  assert.equal(router.matchPath('/users', '/usersx'), null);
});

test('signed out, every address leads to the login', () => {
  for (const hash of ['', '#/', '#/confirmation', '#/wrong-predictions', '#/wrong-predictions/7', '#/users', '#/monitoring', '#/nowhere', '#x']) {
    assert.equal(land(hash, guest), '/login', hash);
  }
});

test('an ordinary user reaches no admin screen', () => {
  for (const hash of ['#/wrong-predictions', '#/wrong-predictions/7', '#/projects', '#/projects/7', '#/projects/7/training', '#/projects/7/settings', '#/projects/7/iterations/3', '#/keys', '#/users', '#/monitoring']) {
    assert.equal(land(hash, user), '/', hash);
    assert.notEqual(land(hash, admin), '/', hash);
  }
});

test('every route but the login needs somebody signed in', () => {
  for (const { pattern, guard } of routes) {
    assert.equal(guard(guest, pattern) === null, pattern === '/login', pattern);
  }
});

test('after the login comes the address that was asked for', () => {
  const asked = '/wrong-predictions?tag=pizza&username=marie';
  const login = router.userOnly(guest, asked);
  assert.equal(router.guestOnly(admin, login), asked);
  assert.equal(land(router.href(login), admin), '/wrong-predictions');
  assert.equal(land(router.href(login), user), '/');
  assert.equal(router.userOnly(guest, '/'), '/login');
});

test('the login leads nowhere outside the page, and not back to itself', () => {
  for (const next of ['https://evil.example', 'javascript:alert(1)', '/login?next=/login', '', null]) {
    assert.equal(router.afterLogin(next), '/', String(next));
  }
});

test('an unknown address is told to who is signed in', () => {
  assert.equal(land('#/nowhere', user), '*');
});
