import assert from 'node:assert/strict';
import { test } from 'node:test';

import { progressCard } from '../../frontend/js/components/train-card.js';
import { projectCard } from '../../frontend/js/components/project-card.js';
import { can, useEngine } from '../../frontend/js/engine.js';
import { setLanguage } from '../../frontend/js/i18n.js';

globalThis.document ??= /** @type {any} */ ({ documentElement: {} });
setLanguage('en');

const iteration = /** @type {any} */ ({ id: '1', name: 'Iteration 1', status: 'training', stage: null, progress: 0, seconds_left: null });
const project = /** @type {any} */ ({ id: '1', name: 'Dishes', description: '', is_builtin: false, is_default: false, tag_count: 2, image_count: 9 });
const LOCAL = ['archives', 'builtin', 'cancel', 'custom_vision', 'default_project', 'novelty', 'progress', 'roll_back'];

test('until the engine has told, everything is offered', () => {
  assert.ok(can('roll_back'));
});

test('what the engine lacks is not offered', () => {
  useEngine({ capabilities: ['archives'] });
  assert.ok(can('archives'));
  assert.ok(!can('roll_back'));
  const card = String(progressCard(iteration));
  assert.doesNotMatch(card, /data-cancel-training|progressbar/);
  assert.match(card, /does not say how far it is/);
  assert.doesNotMatch(String(projectCard(project)), /data-use/);
});

test('what it can do is', () => {
  useEngine({ capabilities: LOCAL });
  const card = String(progressCard(iteration));
  assert.match(card, /data-cancel-training/);
  assert.match(card, /progressbar/);
  assert.match(String(projectCard(project)), /data-use/);
});
