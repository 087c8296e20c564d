// @ts-check
// Numbers, sizes and times as people of each language write them.

/**
 * A probability of 0..1 as a percentage: one decimal, and never a false 0 % or 100 %.
 * @param {number} share
 * @param {string} language
 */
export function formatPercent(share, language) {
  const decimals = share > 0 && share < 1 ? 1 : 0;
  const percent = new Intl.NumberFormat(language, {
    style: 'percent',
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  if (share > 0 && share < 0.001) return `< ${percent.format(0.001)}`;
  if (share < 1 && share > 0.999) return `> ${percent.format(0.999)}`;
  return percent.format(share);
}

/**
 * A size in bytes, in the unit that reads best: "3.8 MB", « 3,8 Mo ».
 * @param {number} bytes
 * @param {string} language
 */
export function formatBytes(bytes, language) {
  const units = language === 'fr' ? ['o', 'Ko', 'Mo', 'Go'] : ['B', 'KB', 'MB', 'GB'];
  const power = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: power > 1 ? 1 : 0 });
  return `${number.format(bytes / 1024 ** power)}\u00a0${units[power]}`;
}

/**
 * @param {string} iso a moment
 * @param {string} language
 */
export function formatMoment(iso, language) {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

/**
 * A calendar day that carries no time zone.
 * @param {string} day YYYY-MM-DD
 * @param {string} language
 */
export function formatDay(day, language) {
  const format = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return format.format(new Date(`${day}T00:00:00Z`));
}

/**
 * A waiting time: "45 s", "2 min 05 s", "1 h 12 min".
 * @param {number} seconds
 */
export function formatWait(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const pad = (/** @type {number} */ number) => String(number).padStart(2, '0');
  if (whole < 60) return `${whole}\u00a0s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}\u00a0min ${pad(whole % 60)}\u00a0s`;
  return `${Math.floor(whole / 3600)}\u00a0h ${pad(Math.ceil((whole % 3600) / 60))}\u00a0min`;
}

/**
 * Text without case or accents, to compare what people type.
 * @param {string} text
 */
export function fold(text) {
  return text.normalize('NFD').replace(/\p{Diacritic}/gu, '').toLowerCase().trim();
}

/** Which model answered: "Plats italiens, Iteration 2". @param {{iteration: string, project?: string | null}} answer */
export function modelName({ iteration, project }) {
  return project && project !== iteration ? `${project}, ${iteration}` : iteration;
}
