// What a phone gives without a connection: kept in IndexedDB, sent later, each once by its key.
(function () {
  "use strict";
  const box = document.querySelector("[data-queue-box]");
  if (!box || !window.indexedDB) return;
  const words = box.dataset;
  const list = box.querySelector("[data-queue-list]");
  let sending = false;

  const opened = new Promise(function (done, failed) {
    const asked = indexedDB.open("duokua-cases", 1);
    asked.onupgradeneeded = function () {
      asked.result.createObjectStore("queue", { keyPath: "key" });
      asked.result.createObjectStore("notes", { keyPath: "number" });
    };
    asked.onsuccess = function () { done(asked.result); };
    asked.onerror = function () { failed(asked.error); };
  });

  function at(store, mode, what) {
    return opened.then(function (base) {
      return new Promise(function (done, failed) {
        const asked = what(base.transaction(store, mode).objectStore(store));
        asked.onsuccess = function () { done(asked.result); };
        asked.onerror = function () { failed(asked.error); };
      });
    });
  }
  const keep = function (item) { return at("queue", "readwrite", function (s) { return s.put(item); }); };
  const drop = function (key) { return at("queue", "readwrite", function (s) { return s.delete(key); }); };

  function mine() {
    return at("queue", "readonly", function (s) { return s.getAll(); }).then(function (all) {
      const own = all.filter(function (each) { return !words.person || each.person === words.person; });
      return own.sort(function (a, b) { return a.at - b.at; });
    });
  }

  function show() {
    return mine().then(function (items) {
      box.hidden = !items.length;
      box.querySelector("[data-queue-count]").textContent = items.length;
      list.replaceChildren.apply(list, items.map(line));
    });
  }

  function line(item) {
    const row = document.createElement("li"), told = document.createElement("div");
    const link = document.createElement("a"), hint = document.createElement("small");
    link.href = "/cases/" + encodeURIComponent(item.number) + "/";
    link.textContent = item.number + " · " + item.title;
    hint.textContent = item.wrong || words.wordsWaiting;
    told.append(link, hint);
    row.append(told);
    if (item.wrong) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn2";
      button.textContent = words.wordsDiscard;
      button.addEventListener("click", function () { drop(item.key).then(show); });
      row.append(button);
    }
    return row;
  }

  // → "sent", "refused" (told in the item) or "later" (no connection, or nobody is signed in)
  function send(item) {
    return fetch(words.sending, { headers: { Accept: "application/json" } }).then(function (answer) {
      if (answer.redirected || !answer.ok) throw new Error("door");
      return answer.json();
    }).then(function (door) {
      const body = new FormData();
      item.parts.forEach(function (part) { body.append(part[0], part[1]); });
      body.append("key", item.key);
      body.append("number", item.number);
      body.append("person", item.person);
      return fetch(words.sending, { method: "POST", body: body, headers: { "X-CSRFToken": door.csrf, Accept: "application/json" } });
    }).then(function (answer) {
      if (answer.redirected || answer.status >= 500) throw new Error("door");
      if (answer.ok) return drop(item.key).then(function () { return "sent"; });
      return answer.json().then(function (told) {
        item.wrong = told.what + " " + told.mend;
        return keep(item).then(function () { return "refused"; });
      });
    }).catch(function (error) {
      if (error.message === "door" && window.duokua.toast) window.duokua.toast(words.wordsAgain);
      return "later";
    });
  }

  function sendAll() {
    if (sending || !navigator.onLine) return Promise.resolve();
    sending = true;
    return mine().then(function (items) {
      let went = Promise.resolve(0), stop = false;
      items.filter(function (each) { return !each.wrong; }).forEach(function (item) {
        went = went.then(function (sent) {
          if (stop) return sent;
          return send(item).then(function (end) { stop = end === "later"; return sent + (end === "sent"); });
        });
      });
      return went;
    }).then(function (sent) {
      sending = false;
      return show().then(function () {
        if (sent && document.querySelector("[data-case]")) location.reload();
      });
    });
  }

  // Whoever is there is told at the form, with all that was filled in; nothing is kept to be sent.
  function tell(form, wrong) {
    const told = form.querySelector("[data-refused]") || form.appendChild(document.createElement("p"));
    Object.assign(told, { className: "wrong", textContent: wrong }).setAttribute("role", "alert");
    told.dataset.refused = "";
    told.scrollIntoView({ block: "center" });
  }

  document.addEventListener("submit", function (event) {
    const form = event.target.closest("form[data-queue]");
    if (!form || form.dataset.number === "") return;
    event.preventDefault();
    const parts = Array.from(new FormData(form)).filter(function (each) {
      return each[0] !== "csrfmiddlewaretoken" && !(each[1] instanceof File && !each[1].name);
    });
    const item = { key: crypto.randomUUID(), person: form.dataset.person || words.person, number: form.dataset.number, title: form.dataset.title, at: Date.now(), parts: parts };
    form.querySelectorAll("button").forEach(function (each) { each.disabled = true; });
    keep(item).then(function () { return navigator.onLine ? send(item) : "later"; }).then(function (end) {
      form.querySelectorAll("button").forEach(function (each) { each.disabled = false; });
      if (end === "sent") return location.assign(form.dataset.after || location.pathname);
      if (end === "refused") return drop(item.key).then(function () { return tell(form, item.wrong); });
      if (end === "later") { window.duokua.toast(words.wordsKept); form.reset(); }
      return show().then(function () { box.scrollIntoView({ block: "center" }); });
    });
  });

  box.querySelector("[data-queue-send]").addEventListener("click", sendAll);
  window.addEventListener("online", sendAll);
  show().then(sendAll);
  const note = document.getElementById("case-note");
  if (note) at("notes", "readwrite", function (s) { return s.put(JSON.parse(note.textContent)); });
  window.duokua = window.duokua || {};
  window.duokua.notes = function () { return at("notes", "readonly", function (s) { return s.getAll(); }); };
  document.addEventListener("submit", function (event) {
    if (event.target.matches("form[action$='/sign-out/']")) at("notes", "readwrite", function (s) { return s.clear(); });
  });
  if (navigator.serviceWorker) navigator.serviceWorker.register(words.worker, { scope: "/cases/" }).catch(function () {});
})();
