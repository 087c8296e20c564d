import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { catalogues, plural, setLanguage, t } from '../../frontend/js/i18n.js';

globalThis.document ??= /** @type {any} */ ({ documentElement: {} });

const root = new URL('../../', import.meta.url);
const scripts = new URL('frontend/js/', root);
const sources = readdirSync(scripts, { recursive: true })
  .map(String)
  .filter((path) => path.endsWith('.js') && !path.startsWith('texts'))
  .map((path) => readFileSync(new URL(path, scripts), 'utf8'))
  .join('\n');
const { fr, en } = catalogues;

/** The keys named in the code: whole, and as the fixed start of one that is put together. */
function keysInCode() {
  const whole = new Set([...sources.matchAll(/'([a-z_]+\.[a-z_]+)'/g)].map(([, key]) => key));
  const starts = new Set([...sources.matchAll(/`([a-z_]+\.)\$\{/g)].map(([, start]) => start));
  return { whole, starts };
}

const isPlural = (key) => `${key}.one` in fr && `${key}.other` in fr;

test('both catalogues have the same keys, none of them empty', () => {
  assert.deepEqual(Object.keys(en).sort(), Object.keys(fr).sort());
  for (const catalogue of [fr, en]) {
    for (const [key, text] of Object.entries(catalogue)) assert.ok(text.trim(), key);
  }
});

test('both languages fill in the same values', () => {
  const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const key of Object.keys(fr)) assert.deepEqual(holes(en[key]), holes(fr[key]), key);
});

test('every key in the code exists', () => {
  const { whole, starts } = keysInCode();
  assert.ok(whole.size > 100);
  const groups = new Set(Object.keys(fr).map((key) => key.split('.')[0]));
  for (const key of whole) {
    if (groups.has(key.split('.')[0])) assert.ok(key in fr || isPlural(key), key);
  }
  for (const start of starts) assert.ok(Object.keys(fr).some((key) => key.startsWith(start)), start);
});

test('every text is used', () => {
  const { whole, starts } = keysInCode();
  for (const key of Object.keys(fr)) {
    const isUsed = whole.has(key) || whole.has(key.replace(/\.(one|other)$/, ''));
    assert.ok(isUsed || [...starts].some((start) => key.startsWith(start)), key);
  }
});

test("every error the server can answer is told in the person's language", () => {
  const [answered] = readFileSync(new URL('backend/classifr/errors.py', root), 'utf8').split('class SetupError');
  const codes = [...answered.matchAll(/^ {4}code(?:: ClassVar\[str\])? = "(\w+)"/gm)].map(([, code]) => code);
  assert.ok(codes.length > 25);
  for (const code of codes) assert.ok(`error.${code}` in fr, code);
});

test("the user's own French strings are kept word for word", () => {
  const wanted = [
    'Username', 'Password', 'Connexion', 'Déconnexion', 'Image uploaded will show up here', 'Browse local files',
    'File formats accepted: jpg', 'Prédictions', 'Tag', 'Probability', 'Validation de la prédiction', 'OK', 'NOK',
    "En cliquant sur NOK, l'image va s'enregistrer dans nos bases de données pour analyse et ainsi améliorer le modèle d'IA futur",
    'Votre validation a été prise en compte', 'Accueil', 'Prédictions erronées', 'Prédiction erronée',
  ];
  const texts = new Set(Object.values(fr));
  for (const text of wanted) assert.ok(texts.has(text), text);
  assert.equal(t('home.greeting', { username: 'Marie' }), 'Bonjour Marie');
  assert.equal(t('home.size', { size: t('home.size_limit', { count: 4 }) }), 'File size should not exceed: 4mo');
  assert.equal(t('login.footer', { year: 2023 }), '2023, CLASSIFR');
});

test('a missing text is an error, and numbers agree', () => {
  assert.throws(() => t('no.such_text'));
  assert.equal(plural('wrong.deleted', 1), '1 prédiction supprimée.');
  assert.equal(plural('wrong.deleted', 0), '0 prédiction supprimée.');
  setLanguage('en');
  assert.equal(plural('wrong.deleted', 0), '0 predictions deleted.');
  assert.equal(t('login.submit'), 'Sign in');
  setLanguage('fr');
});
