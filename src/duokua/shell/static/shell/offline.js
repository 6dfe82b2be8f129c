// The page that a phone keeps: the cases that were opened on it, to give photos and notes to.
(function () {
  "use strict";
  const place = document.querySelector("[data-notes]");
  const made = document.querySelector("[data-note-form]");
  if (!place || !made || !window.duokua || !window.duokua.notes) return;

  function form(note, task, ask, n) {
    const part = made.content.cloneNode(true), sheet = part.querySelector("form");
    const label = part.querySelector("label"), id = "give-" + n;
    const field = document.createElement(ask.kind === "photo" ? "input" : "textarea");
    part.querySelector("h2").textContent = note.title;
    part.querySelector(".fine").textContent = note.number;
    sheet.dataset.number = note.number;
    sheet.dataset.title = ask.title;
    sheet.dataset.person = note.person;
    sheet.elements.task.value = task.id;
    sheet.elements.ask.value = ask.id;
    label.textContent = ask.title;
    label.htmlFor = field.id = id;
    field.className = "in";
    field.required = true;
    if (ask.kind === "photo") {
      Object.assign(field, { type: "file", name: "file", accept: "image/*" });
      field.setAttribute("capture", "environment");
      field.dataset.photo = "";
    } else field.name = "text";
    label.after(field);
    return part;
  }

  window.duokua.notes().then(function (notes) {
    let n = 0;
    notes.forEach(function (note) {
      note.tasks.forEach(function (task) {
        task.asks.forEach(function (ask) { place.append(form(note, task, ask, n++)); });
      });
    });
    document.querySelector("[data-no-notes]").hidden = n > 0;
  });
})();
