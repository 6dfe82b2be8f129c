// Runs before the first paint: "auto" follows the system, so nothing flashes.
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function follow() {
    if (root.dataset.theme === "auto") root.dataset.bsTheme = dark.matches ? "dark" : "light";
  }
  follow();
  if (dark.addEventListener) dark.addEventListener("change", follow);
})();
