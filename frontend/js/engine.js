// @ts-check
// What the engine behind the page can do; the page leaves out the rest.
import { getEngine } from './api.js';

/** @typedef {'builtin' | 'novelty' | 'roll_back' | 'default_project' | 'archives' | 'cancel' | 'progress' | 'custom_vision'} Capability */

/** Null: not told yet; then the server says of each thing whether it goes. @type {Set<string> | null} */
let capabilities = null;

/** Asks once somebody is signed in. Never fails: the page works without knowing. */
export async function learnEngine() {
  const engine = await getEngine().catch(() => null);
  if (engine) useEngine(engine);
}

/** @param {{capabilities: string[]}} engine */
export function useEngine(engine) {
  capabilities = new Set(engine.capabilities);
}

/** Whether the engine can do this. @param {Capability} capability */
export const can = (capability) => capabilities === null || capabilities.has(capability);
