// What pages gain when JavaScript runs. Every deed works without this file.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");

  // --- Light and dark ---
  for (const button of document.querySelectorAll("[data-theme-toggle]")) button.hidden = false;
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.bsTheme);
    } catch {
      // A browser that keeps nothing still shows the theme on this page.
    }
  });

  // --- Menus close on Escape and on a click elsewhere ---
  const menus = "details.person, details.menu";
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(menus)) {
      if (menu.open && !menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest(menus);
    if (!menu?.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // --- Dialogs: a link to the page that asks, opened as a dialog where there is one ---
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (dialog?.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
    const closer = event.target.closest("dialog [data-close]");
    if (closer) {
      event.preventDefault();
      closer.closest("dialog").close();
    }
    if (event.target.nodeName === "DIALOG") event.target.close();
  });

  // --- A deed is sent once ---
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented || form.target) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // --- Relative times keep running ---
  const words = new Intl.RelativeTimeFormat(root.lang || "en", { numeric: "always" });
  const now = new Intl.RelativeTimeFormat(root.lang || "en", { numeric: "auto" });
  const steps = [
    [60, 3600, "minute"],
    [3600, 86400, "hour"],
    [86400, 86400 * 30, "day"],
    [86400 * 30, 86400 * 365, "month"],
    [86400 * 365, Infinity, "year"],
  ];
  const relative = (seconds) => {
    const distance = Math.abs(seconds);
    if (distance < 60) return now.format(0, "second");
    const [size, , unit] = steps.find(([, limit]) => distance < limit);
    return words.format(Math.sign(seconds) * Math.max(1, Math.floor(distance / size)), unit);
  };
  const tick = () => {
    for (const time of document.querySelectorAll("time[data-relative]")) {
      time.textContent = relative((Date.parse(time.dateTime) - Date.now()) / 1000);
    }
  };
  setInterval(tick, 30000);
  document.addEventListener("visibilitychange", () => document.hidden || tick());

  // --- What is wrong with a filter stands beside its field, also when only what it finds is sent anew ---
  const beside = () => {
    for (const form of document.querySelectorAll("form.filters")) {
      for (const said of form.querySelectorAll(".field-error")) said.remove();
      for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    }
    for (const wrong of document.querySelectorAll("[data-beside]")) {
      const field = document.getElementById(wrong.dataset.beside);
      const said = document.createElement("div");
      said.className = "field-error";
      said.id = `${field.id}_error`;
      said.append(wrong.querySelector("span").cloneNode(true));
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", said.id);
      field.closest(".field")?.append(said);
    }
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.closest("#entries, #report")) beside();
  });

  // --- Focus follows what happened ---
  const focusOn = (part) => {
    const target = part?.matches?.("[data-focus]") ? part : part?.querySelector?.("[data-focus]");
    if (!target) return;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "nearest" });
  };
  let focusedId = "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    focusedId = document.activeElement?.id || "";
    // A page of its own is never put into a part of this one; what it says is.
    if (/^\s*<!doctype/i.test(event.detail.xhr.responseText)) {
      event.detail.shouldSwap = false;
      trouble(event);
    }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    focusOn(event.detail.elt);
    if (document.activeElement === document.body && focusedId) document.getElementById(focusedId)?.focus();
  });
  focusOn(document);

  // --- When the desk does not answer, or answers with a failure ---
  const trouble = (event) => {
    const area = document.getElementById("refusal");
    const answer = new DOMParser().parseFromString(event.detail.xhr?.responseText || "", "text/html");
    const said = answer.querySelector("[data-failure]");
    const template = document.getElementById("trouble");
    area.replaceChildren(said ? document.importNode(said, true) : template.content.cloneNode(true));
    focusOn(area);
  };
  document.addEventListener("htmx:responseError", trouble);
  document.addEventListener("htmx:sendError", trouble);
  document.addEventListener("htmx:timeout", trouble);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig?.verb !== "get") document.getElementById("refusal")?.replaceChildren();
  });
})();
