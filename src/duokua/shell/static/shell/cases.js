// The desk by keyboard, the map beside it, live parts that leave a choice alone, photos made small.
(function () {
  "use strict";
  const LONGEST = 2048, LARGE = 1500000;

  function chosen() {
    return document.querySelectorAll("[data-batch] input[name=case]:checked").length;
  }

  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-batch] input[name=case]")) {
      const told = document.querySelector("[data-chosen]");
      if (told) told.textContent = chosen();
    }
    if (event.target.matches("input[type=file][data-photo]")) small(event.target);
  });

  document.addEventListener("keydown", function (event) {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.key !== "x") return;
    const row = document.activeElement.closest("[data-case]");
    const tick = row && row.querySelector("input[name=case]");
    if (tick) { tick.click(); event.preventDefault(); }
  });

  // A live part is not replaced while somebody chooses, types in it, or looks elsewhere.
  document.addEventListener("htmx:beforeRequest", function (event) {
    const part = event.target.closest("[data-live]");
    if (!part) return;
    const busy = chosen() || part.querySelector("details[open]") || part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
    if (busy || document.hidden) event.preventDefault();
  });

  function light(number, on) {
    document.querySelectorAll("[data-case], [data-point]").forEach(function (each) {
      if (each.dataset.case === number || each.dataset.point === number) each.classList.toggle("lit", on);
    });
  }
  ["mouseover", "mouseout", "focusin", "focusout"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      const of = event.target.closest("[data-case], [data-point]");
      if (of) light(of.dataset.case || of.dataset.point, name === "mouseover" || name === "focusin");
    });
  });
  document.addEventListener("click", function (event) {
    const point = event.target.closest("[data-point]");
    const link = point && document.getElementById("case-" + point.dataset.point);
    if (link) { link.focus(); link.scrollIntoView({ block: "center" }); }
  });

  // When and where the photo was taken goes along; a large one is made smaller first.
  function small(field) {
    const file = field.files[0], form = field.form;
    if (!file) return;
    form.elements.taken_at.value = new Date(file.lastModified || Date.now()).toISOString();
    if (navigator.geolocation) {
      navigator.geolocation.getCurrentPosition(function (found) {
        form.elements.lon.value = found.coords.longitude.toFixed(6);
        form.elements.lat.value = found.coords.latitude.toFixed(6);
      }, function () { /* it is sent without */ }, { maximumAge: 60000, timeout: 8000 });
    }
    if (file.size < LARGE || !window.createImageBitmap) return;
    const wait = form.querySelector("button");
    wait.disabled = true;
    createImageBitmap(file).then(function (picture) {
      const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      return new Promise(function (done) { canvas.toBlob(done, "image/jpeg", 0.85); });
    }).then(function (made) {
      if (!made || made.size >= file.size) return;
      const held = new DataTransfer();
      held.items.add(new File([made], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }));
      field.files = held.files;
    }).catch(function () { /* the original is sent */ }).then(function () { wait.disabled = false; });
  }
})();
