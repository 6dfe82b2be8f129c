// Theme switch without a reload, j and k in lists, copying, filters.
(function () {
  "use strict";
  const root = document.documentElement;

  function keepTheme(name) {
    root.dataset.theme = name;
    root.dataset.bsTheme = name;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = "duokua_theme=" + name + "; path=/; max-age=31536000; SameSite=Lax" + secure;
  }

  document.addEventListener("submit", function (event) {
    if (!event.target.matches("[data-theme-switch]")) return;
    event.preventDefault();
    keepTheme(root.dataset.bsTheme === "dark" ? "light" : "dark");
  });

  document.addEventListener("keydown", function (event) {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && (event.key === "j" || event.key === "k")) {
      step(event.key === "j" ? 1 : -1);
    }
  });

  function step(by) {
    const links = Array.from(document.querySelectorAll("[data-row-link]"));
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    const next = links[Math.max(0, Math.min(links.length - 1, at + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) return;
    const source = document.getElementById(button.dataset.copy);
    navigator.clipboard.writeText(source.textContent.trim()).then(function () {
      button.dataset.done = "true";
      button.setAttribute("aria-label", button.dataset.copied);
    });
  });

  // On a phone what was found comes first; without scripts the filters stay open.
  if (matchMedia("(max-width: 980px)").matches) {
    document.querySelectorAll("details[data-fold]").forEach(function (each) { each.open = false; });
  }

  // The values that a column may have are offered once the column is chosen.
  document.addEventListener("change", function (event) {
    const value = event.target.dataset.codes && event.target.form.elements[event.target.dataset.codes];
    if (value) value.setAttribute("list", "codes-" + event.target.value);
  });

  // A filter that changes sends its form; without scripts the button does.
  document.addEventListener("change", function (event) {
    const form = event.target.closest("form[data-auto]");
    if (form && event.target.matches("select, input[type=checkbox], input[type=date]")) form.requestSubmit();
  });
})();
