// @ts-check
// Who is signed in. The token lives in the browser's storage, so it survives a reload.
import * as api from './api.js';
import { learnEngine } from './engine.js';
import { remember, remembered, storedName } from './storage.js';

/** @type {api.User | null} */
let user = null;

/** 'change': somebody signed in or out. Its detail says why: 'in', 'out', 'expired'. */
export const sessionChanges = new EventTarget();

/** The person signed in now, or null. */
export function currentUser() {
  return user;
}

/** @param {string | null} token */
function keep(token) {
  remember('token', token);
  api.useToken(token);
}

/** @param {'in' | 'out' | 'expired'} reason */
function announce(reason) {
  sessionChanges.dispatchEvent(new CustomEvent('change', { detail: reason }));
}

/** Takes up the session of an earlier visit, if its token is still good. Throws when nobody answers. */
export async function restoreSession() {
  api.useToken(remembered('token'));
  if (remembered('token')) user = await api.getMe().catch(unlessOver);
  if (user) await learnEngine();
}

/** @param {any} error @returns {null} */
function unlessOver(error) {
  if (error.status !== 401) throw error;
  keep(null);
  return null;
}

/** @param {string} username @param {string} password */
export async function signIn(username, password) {
  keep((await api.signIn(username, password)).access_token);
  try {
    user = await api.getMe();
  } catch (error) {
    keep(null);
    throw error;
  }
  await learnEngine();
  announce('in');
}

/** @param {string} current @param {string} wished */
export async function changePassword(current, wished) {
  keep((await api.changePassword(current, wished)).access_token);
}

/** Forgets the session here. @param {'out' | 'expired'} [reason] */
export function signOut(reason = 'out') {
  if (!user) return;
  user = null;
  keep(null);
  announce(reason);
}

/** Ends every session of this account, this one included. */
export async function signOutEverywhere() {
  await api.signOutEverywhere();
  signOut();
}

/** Another tab has a new token: the same person's is taken up, another person's starts the page anew. @param {string} token */
async function takeOver(token) {
  api.useToken(token);
  const me = await api.getMe().catch(() => null);
  if (me === null || me.id !== user?.id) location.reload();
}

/** Ends the session when the server refuses its token, or when another tab signs out or in. */
export function watchSession() {
  api.whenSessionEnds(() => signOut('expired'));
  addEventListener('storage', (event) => {
    if (event.key !== storedName('token')) return;
    if (event.newValue === null) signOut();
    else void takeOver(event.newValue);
  });
}
