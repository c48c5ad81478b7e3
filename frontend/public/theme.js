/*
 * Sets the theme before the first paint. A classic script of its own, because the page's policy allows no
 * inline script. lib/theme.ts changes the same key afterwards.
 */
(function () {
  try {
    var theme = localStorage.getItem("berth.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    /* storage is closed to us: the system's theme applies */
  }
})();
