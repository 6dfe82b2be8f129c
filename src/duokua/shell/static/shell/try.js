// The try of an interface: asks the portal for a short cookie, then calls the gateway with it.
(function () {
  "use strict";
  const form = document.querySelector("[data-try]");
  const box = document.querySelector("[data-answer]");
  if (!form || !box) return;
  const say = box.dataset;

  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function address(cursor) {
    const query = new URLSearchParams();
    for (const field of form.querySelectorAll("[data-parameter]")) {
      if (field.value !== "") query.set(field.name, field.value);
    }
    if (cursor) query.set("cursor", cursor);
    const text = query.toString();
    return form.dataset.call + (text ? "?" + text : "");
  }

  // What is claimed of somebody stands in the body: addresses are kept by others.
  function claim() {
    const told = {};
    for (const field of form.querySelectorAll("[data-parameter]")) {
      if (field.value !== "") told[field.name] = field.value;
    }
    return JSON.stringify(told);
  }

  async function cookie() {
    const grant = form.elements.grant.value;
    if (!grant) return null;
    const answer = await fetch(form.dataset.cookie, {
      method: "POST",
      headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      body: new URLSearchParams({ grant: grant }),
    });
    if (answer.redirected) location.reload(); // signed out meanwhile: the door leads back here
    return answer.ok ? null : answer;
  }

  const codes = JSON.parse(say.codes);

  function cell(name, value) {
    if (value === null) return make("span", { class: "dim" }, "—");
    const title = (codes[name] || {})[value];
    if (title) return make("span", { title: String(value) }, title); // a code in the reader's words
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  }

  const titles = JSON.parse(say.titles);

  function heading(name, rows) {
    const number = typeof rows[0][name] === "number";
    return make("th", number ? { scope: "col", class: "n" } : { scope: "col" }, titles[name] || name, make("small", {}, make("code", {}, name)));
  }

  function table(rows) {
    const names = Object.keys(rows[0]);
    const head = make("tr", {}, ...names.map((name) => heading(name, rows)));
    const body = rows.map((row) =>
      make("tr", {}, ...names.map((name) => {
        const number = typeof row[name] === "number";
        return make("td", number ? { class: "n" } : {}, cell(name, row[name]));
      }))
    );
    const list = make("table", { class: "list" }, make("thead", {}, head), make("tbody", {}, ...body));
    return make("div", { class: "tablebox", tabindex: "0" }, list);
  }

  function problem(told) {
    const parts = [make("h4", {}, (told.status ? told.status + " · " : "") + (told.title || say.sayFailed))];
    if (told.detail) parts.push(make("p", {}, told.detail));
    for (const fault of told.errors || []) {
      parts.push(make("p", {}, make("code", {}, fault.pointer || ""), " " + (fault.detail || fault.what || "") + " " + (fault.mend || "")));
    }
    if (told.mend) parts.push(make("p", {}, told.mend));
    if (told.code) parts.push(make("p", {}, make("code", {}, told.code)));
    return make("div", { class: "problem", role: "alert" }, ...parts);
  }

  function show(...nodes) {
    box.replaceChildren(...nodes);
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
  }

  function summary(told, took) {
    const bar = make("div", { class: "ansbar" });
    bar.append(make("span", { class: "tag good" }, "200"));
    bar.append(make("span", { class: "num" }, told.rows.length + " " + (told.rows.length === 1 ? say.sayRow : say.sayRows) + " · " + took + " ms"));
    const link = form.dataset.receipts + encodeURIComponent(told.receipt) + "/";
    bar.append(say.sayReceipt, make("a", { href: link, "data-receipt": told.receipt }, make("code", {}, told.receipt)));
    if (told.next) {
      const more = make("button", { type: "button", class: "btn2" }, say.sayMore);
      more.addEventListener("click", () => call(told.next));
      bar.append(more);
    }
    return bar;
  }

  async function call(cursor) {
    const refused = await cookie();
    const began = performance.now();
    const posted = form.dataset.method === "POST";
    const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
    if (posted) headers["Content-Type"] = "application/json";
    const answer = refused || (await fetch(posted ? form.dataset.call : address(cursor), {
      method: posted ? "POST" : "GET",
      headers: headers,
      body: posted ? claim() : undefined,
      credentials: "same-origin",
    }));
    const took = Math.round(performance.now() - began);
    const json = (answer.headers.get("Content-Type") || "").includes("json");
    const text = await answer.text();
    const told = json ? JSON.parse(text) : {};
    if (!answer.ok) return show(problem({ status: answer.status, ...told }));
    const raw = make("details", {}, make("summary", {}, say.sayJson),
      make("pre", { class: "code wrap", tabindex: "0" }, text));
    const rows = told.rows.length ? table(told.rows) : make("p", { class: "dim" }, say.sayNone);
    show(summary(told, took), rows, raw);
  }

  // Another grant has other columns and parameters: the page of that grant.
  form.elements.grant.addEventListener("change", function (event) {
    location.search = "?grant=" + encodeURIComponent(event.target.value || "open");
  });

  form.addEventListener("submit", async function (event) {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await call(null);
    } catch (error) {
      show(problem({ title: say.sayFailed, detail: say.sayAgain }));
    }
    button.disabled = false;
  });
  // Before this script listens, the form would show what only it can read.
  form.querySelector("button.pri").disabled = false;
})();
