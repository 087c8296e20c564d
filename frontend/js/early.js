// Runs before the first paint, as a classic script, so that a dark page never flashes white.
// What it sets is set again, from the same keys, by theme.js and i18n.js.
(function () {
  var root = document.documentElement;
  try {
    var theme = localStorage.getItem('classifr.theme');
    var isDark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
    root.setAttribute('data-bs-theme', isDark ? 'dark' : 'light');
    root.lang = localStorage.getItem('classifr.language') === 'en' ? 'en' : 'fr';
  } catch {
    // Storage may be forbidden: the page then starts light and French.
  }
})();
