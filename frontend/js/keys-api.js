// @ts-check
// What the page asks about API keys.
import { ask } from './api.js';

/** @typedef {{id: number, name: string, prefix: string, scopes: string[], username: string, created_at: string, last_used_at: string | null}} ApiKey */

/** @param {AbortSignal} [signal] @returns {Promise<ApiKey[]>} */
export async function listKeys(signal) {
  const keys = [];
  let cursor;
  do {
    const page = await ask('GET', '/auth/keys', { query: { cursor }, signal });
    keys.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return keys;
}

/** @param {string} name @param {string[]} scopes @returns {Promise<ApiKey & {key: string}>} */
export const createKey = (name, scopes) => ask('POST', '/auth/keys', { json: { name, scopes } });

/** @param {number} id */
export const revokeKey = (id) => ask('DELETE', `/auth/keys/${id}`);
