// What the page of a request gains when JavaScript runs: focus in what opens, and names behind an @.
(() => {
  // --- What is opened is what one types in next ---
  document.addEventListener("toggle", (event) => {
    const part = event.target;
    if (part.open && part.matches("details.refuse, details.say") && part.contains(document.activeElement)) {
      part.querySelector("textarea").focus();
    }
  }, true);

  // --- A name after an @: the people that the form offers, completed by arrows, Enter and Escape ---
  const box = document.querySelector("textarea[data-mentions]");
  if (!box) return;
  const people = [...box.form.querySelectorAll("[name=mentions]")].map((choice) =>
    choice.closest("label").textContent.trim());
  const list = document.createElement("ul");
  list.id = "people-of-the-store";
  list.className = "completions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.form.querySelector("fieldset legend").textContent.trim());
  list.hidden = true;
  box.after(list);
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  let chosen = 0;

  const begun = () => /(^|\s)@([^@\n]{0,40})$/.exec(box.value.slice(0, box.selectionStart));
  const close = () => {
    list.hidden = true;
    box.removeAttribute("aria-activedescendant");
  };
  const mark = (number) => {
    chosen = (number + list.children.length) % list.children.length;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    box.setAttribute("aria-activedescendant", list.children[chosen].id);
  };
  const offer = () => {
    const typed = begun()?.[2].toLocaleLowerCase();
    const fitting = typed === undefined ? [] : people.filter((name) =>
      name.toLocaleLowerCase().includes(typed) && name.toLocaleLowerCase() !== typed).slice(0, 8);
    if (!fitting.length) return close();
    list.replaceChildren(...fitting.map((name, at) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${at}`;
      item.textContent = name;
      item.setAttribute("role", "option");
      return item;
    }));
    list.hidden = false;
    mark(0);
  };
  const take = (name) => {
    const end = box.selectionStart;
    const start = end - begun()[2].length;
    box.setRangeText(`${name} `, start, end, "end");
    close();
    box.focus();
  };

  box.addEventListener("input", offer);
  box.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const item = event.target.closest("li");
    if (item) take(item.textContent);
  });
  box.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const deed = {
      ArrowDown: () => mark(chosen + 1),
      ArrowUp: () => mark(chosen - 1),
      Enter: () => take(list.children[chosen].textContent),
      Tab: () => take(list.children[chosen].textContent),
      Escape: close,
    }[event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  });
})();
