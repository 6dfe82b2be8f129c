// Keeps the page for phones without a connection, and the files it is made of; nothing of anybody.
"use strict";
const KEPT = "cases-{{ language }}-1";
const FILES = [{% for path in files %}"{% static path %}"{% if not forloop.last %}, {% endif %}{% endfor %}];
const PAGE = "{% url 'cases_offline' %}";

self.addEventListener("install", function (event) {
  event.waitUntil(caches.open(KEPT).then(function (kept) {
    return Promise.all([kept.addAll(FILES), fetch(PAGE, { credentials: "omit" }).then(function (page) {
      return kept.put(PAGE, page);
    })]);
  }).then(function () { return self.skipWaiting(); }));
});
self.addEventListener("activate", function (event) {
  event.waitUntil(caches.keys().then(function (names) {
    return Promise.all(names.filter(function (name) { return name !== KEPT; }).map(function (name) { return caches.delete(name); }));
  }).then(function () { return self.clients.claim(); }));
});
self.addEventListener("fetch", function (event) {
  const asked = event.request;
  if (asked.method !== "GET") return;
  if (asked.mode === "navigate") {
    event.respondWith(fetch(asked).catch(function () { return caches.match(PAGE); }));
  } else if (new URL(asked.url).pathname.startsWith("/static/")) {
    event.respondWith(caches.match(asked).then(function (held) { return held || fetch(asked); }));
  }
});
