// Ctrl K: a dialog that finds pages and resources by keyboard alone; ? shows the keys.
(function () {
  "use strict";
  const box = document.getElementById("palette");
  const keys = document.getElementById("keys");
  window.duokua = window.duokua || {};
  window.duokua.toast = function (text) {
    const shown = document.createElement("p");
    shown.textContent = text;
    document.getElementById("toasts").append(shown);
    setTimeout(function () { shown.remove(); }, 6000);
  };
  const wrong = document.querySelector("[data-take-focus]");
  if (wrong) wrong.focus();

  document.addEventListener("keydown", function (event) {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      const field = document.querySelector("[data-omni], input[type=search]");
      event.preventDefault();
      if (box && box.showModal) open();
      else if (field) field.focus();
    } else if (event.key === "?" && !typing && keys && keys.showModal && !keys.open) {
      event.preventDefault();
      keys.showModal();
    }
  });
  if (!box || !box.showModal) return;

  const input = box.querySelector("input");
  const list = box.querySelector("[role=listbox]");
  const commands = Array.from(list.children);
  let at = -1, asked = null, timer = 0;

  function open() {
    if (box.open) return;
    input.value = "";
    show([]);
    box.showModal();
    input.focus();
  }

  function matches(command, words) {
    return command.textContent.toLowerCase().includes(words);
  }

  function show(found) {
    const words = input.value.trim().toLowerCase();
    const kept = commands.filter(function (each) { return matches(each, words); });
    list.replaceChildren.apply(list, found.map(option).concat(kept));
    Array.from(list.children).forEach(function (each, n) { each.id = "option-" + n; });
    choose(words && list.children.length ? 0 : -1);
    input.setAttribute("aria-expanded", String(list.children.length > 0));
  }

  function option(told) {
    const line = document.createElement("li");
    const hint = document.createElement("small");
    line.setAttribute("role", "option");
    line.dataset.url = told.url;
    line.append(told.text, hint);
    hint.textContent = told.hint || "";
    return line;
  }

  function choose(n) {
    at = n;
    Array.from(list.children).forEach(function (each, here) {
      each.setAttribute("aria-selected", String(here === at));
    });
    const chosen = list.children[at];
    if (chosen) {
      input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function go(chosen) {
    const url = chosen && chosen.dataset.url;
    if (url && url.startsWith("/") && !url.startsWith("//")) location.assign(url);
  }

  function ask() {
    const words = input.value.trim();
    if (asked) asked.abort();
    if (!words || !box.dataset.suggest) return;
    asked = new AbortController();
    fetch(box.dataset.suggest + "?q=" + encodeURIComponent(words), {
      headers: { Accept: "application/json" }, signal: asked.signal,
    }).then(function (answer) {
      const plain = (answer.headers.get("Content-Type") || "").startsWith("application/json");
      return answer.ok && plain ? answer.json() : { suggestions: [] };
    }).then(function (told) {
      if (input.value.trim() === words) show(told.suggestions.slice(0, 8));
    }).catch(function () { /* the commands are there all the same */ });
  }

  input.addEventListener("input", function () {
    show([]);
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  input.addEventListener("keydown", function (event) {
    const most = list.children.length;
    if (event.key === "ArrowDown" && most) choose((at + 1) % most);
    else if (event.key === "ArrowUp" && most) choose((at <= 0 ? most : at) - 1);
    else if (event.key === "Enter" && list.children[at]) go(list.children[at]);
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", function (event) { go(event.target.closest("[role=option]")); });
  document.querySelectorAll("[data-palette]").forEach(function (each) {
    each.addEventListener("click", open);
  });
  box.addEventListener("click", function (event) { if (event.target === box) box.close(); });
})();
