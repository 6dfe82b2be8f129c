// The manual of an interface: long code lists are searched, and the language of examples is kept.
(function () {
  "use strict";
  document.addEventListener("input", function (event) {
    const field = event.target.closest("[data-filter-codes]");
    if (!field) return;
    const wanted = field.value.trim().toLowerCase();
    for (const item of field.parentElement.querySelectorAll("li")) {
      item.hidden = !item.textContent.toLowerCase().includes(wanted);
    }
  });

  const kept = "duokua_example";
  document.addEventListener("shown.bs.tab", function (event) {
    try { localStorage.setItem(kept, event.target.id); } catch (error) { /* it is not kept then */ }
  });
  document.addEventListener("DOMContentLoaded", function () {
    let id = null;
    try { id = localStorage.getItem(kept); } catch (error) { /* none is kept */ }
    const tab = id && document.getElementById(id);
    if (tab && tab.matches("[role=tab]")) bootstrap.Tab.getOrCreateInstance(tab).show();
  });
})();
