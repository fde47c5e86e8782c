// Working without the mouse. A control says which keys press it (data-key="n j") and what `?` calls it
// (data-key-says); a list that says data-rows moves the focus through its rows. Every deed works without this file.
(() => {
  const help = document.getElementById("keys");
  const TICKED = ["checkbox", "radio"];
  const PRESSED = ["checkbox", "radio", "button", "submit", "reset"];
  const FORWARD = ["j", "n"];
  const BACK = ["k", "p"];

  const isTyping = (target) =>
    target.isContentEditable ||
    target.matches("textarea, select") ||
    (target.matches("input") && !PRESSED.includes(target.type));
  const isThere = (control) =>
    !control.matches(":disabled, [aria-disabled=true]") && control.getClientRects().length > 0;
  const stillAsks = (control) => !(TICKED.includes(control.type) && control.checked);
  const controls = () => [...document.querySelectorAll("[data-key]")].filter(isThere);
  const keysOf = (control) => control.dataset.key.split(" ");

  // --- Pressing what bears the key ---
  const press = (control) => {
    if (isTyping(control) || TICKED.includes(control.type)) {
      control.focus();
      return;
    }
    control.click();
    if (!control.matches("summary")) return;
    const field = control.parentElement.querySelector("textarea, select, input:not([type=hidden])");
    (control.parentElement.open && field ? field : control).focus();
  };

  // --- Moving through the rows of a list; a row is its first link ---
  const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")].filter(isThere);
  const rowAt = (target) => target.closest?.("[data-row]");
  const linkOf = (row) => row.querySelector("a[href]");
  const move = (step) => {
    const all = rows();
    const here = all.indexOf(rowAt(document.activeElement));
    const row = here < 0 ? all[0] : all[Math.min(all.length - 1, Math.max(0, here + step))];
    linkOf(row)?.focus();
    row.scrollIntoView({ block: "nearest" });
  };
  const inRows = (key) => {
    if (!rows().length) return false;
    const row = rowAt(document.activeElement) || rows()[0];
    if (FORWARD.includes(key)) move(1);
    else if (BACK.includes(key)) move(-1);
    else if (key === "o") linkOf(row)?.click();
    else if (key === "x" && row.querySelector("[data-pick]")) row.querySelector("[data-pick]").click();
    else return false;
    return true;
  };

  // --- `?` lists what this page has ---
  const line = (keys, says) => {
    const row = document.createElement("div");
    const names = document.createElement("dt");
    for (const key of keys) {
      const cap = document.createElement("kbd");
      cap.textContent = key;
      names.append(cap, " ");
    }
    const words = document.createElement("dd");
    words.textContent = says;
    row.append(names, words);
    return row;
  };
  const list = () => {
    const said = new Map();
    if (rows().length) {
      const words = document.querySelector("[data-rows]").dataset;
      said.set("j n", words.saysNext).set("k p", words.saysPrevious).set("o Enter", words.saysOpen);
      if (document.querySelector("[data-row] [data-pick]")) said.set("x", words.saysPick);
    }
    for (const control of controls()) {
      if (!said.has(control.dataset.key)) {
        said.set(control.dataset.key, control.dataset.keySays || control.textContent.trim());
      }
    }
    const there = [...said].map(([keys, says]) => line(keys.split(" "), says));
    help.querySelector("[data-keys-here]").replaceChildren(...there);
    help.querySelector("[data-keys-none]").hidden = there.length > 0;
  };

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    if (isTyping(target)) {
      if (key === "Escape") target.blur();
      return;
    }
    if (key === "?") {
      event.preventDefault();
      list();
      help.showModal();
      return;
    }
    if (event.repeat && ![...FORWARD, ...BACK].includes(key)) return;
    const meant = controls().filter((control) => keysOf(control).includes(key));
    const control = meant.find(stillAsks) || meant[0];
    if (control) press(control);
    if (control || inRows(key)) event.preventDefault();
  });

  for (const opener of document.querySelectorAll("[data-keys-open]")) {
    opener.hidden = false;
    opener.addEventListener("click", () => {
      list();
      help.showModal();
    });
  }
})();
