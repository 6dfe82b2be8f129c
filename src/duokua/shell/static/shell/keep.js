// What was typed when the session had ended: kept in this tab, back after signing in again.
(function () {
  "use strict";
  const person = document.body.dataset.person;
  if (!person || !window.sessionStorage) return;
  const HOUR = 3600000, MOST = 200000; // letters
  const name = "duokua-typed:" + location.pathname;

  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.method !== "post" || form.matches("[data-queue], [data-theme-switch]")) return;
    const fields = [];
    Array.from(form.elements).forEach(function (each) {
      if (!each.name || each.disabled || /^(hidden|password|file|submit|button)$/.test(each.type)) return;
      if (/^(checkbox|radio)$/.test(each.type)) fields.push([each.name, each.value, each.checked]);
      else fields.push([each.name, each.value]);
    });
    const text = JSON.stringify({ person: person, at: Date.now(), action: form.action, fields: fields });
    if (fields.length && text.length < MOST) sessionStorage.setItem(name, text);
  });

  const text = sessionStorage.getItem(name);
  Object.keys(sessionStorage).forEach(function (each) {
    if (each.indexOf("duokua-typed:") === 0) sessionStorage.removeItem(each);
  });
  let came = "";
  try { came = new URL(document.referrer).pathname; } catch (error) { came = ""; }
  if (!text || came.indexOf("/sign-in/") !== 0) return;
  const kept = JSON.parse(text);
  if (kept.person !== person || Date.now() - kept.at > HOUR) return;
  const form = Array.from(document.forms).find(function (each) { return each.action === kept.action && each.method === "post"; });
  if (!form) return;
  const count = {};
  kept.fields.forEach(function (field) {
    const same = Array.from(form.elements).filter(function (each) { return each.name === field[0] && each.type !== "hidden"; });
    if (field.length === 3) {
      same.forEach(function (each) { if (each.value === field[1]) each.checked = field[2]; });
    } else {
      const at = (count[field[0]] = (count[field[0]] || 0) + 1) - 1;
      if (same[at]) same[at].value = field[1];
    }
  });
  for (let box = form.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  const told = document.createElement("p");
  told.className = "note";
  told.setAttribute("role", "status");
  told.textContent = document.body.dataset.typed;
  form.prepend(told);
})();
