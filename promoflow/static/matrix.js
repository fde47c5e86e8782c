// The matrix of the rules: each select becomes a button that goes on to the next verdict, and its mirror follows.
(() => {
  const mark = (verdict) => {
    const template = document.querySelector(`template[data-verdict-mark="${verdict}"]`);
    return template.content.cloneNode(true);
  };
  const wordOf = (select) => select.selectedOptions[0].textContent;

  for (const select of document.querySelectorAll("select[data-verdict]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "verdict-button";
    const mirror = document.querySelector(`[data-mirrors="${CSS.escape(select.id)}"]`);
    const show = () => {
      button.replaceChildren(mark(select.value));
      button.setAttribute("aria-label", `${select.getAttribute("aria-label")}: ${wordOf(select)}`);
      button.classList.toggle("is-changed", select.value !== select.dataset.was);
      mirror?.replaceChildren(mark(select.value));
    };
    const move = (by) => {
      const count = select.options.length;
      select.selectedIndex = (select.selectedIndex + by + count) % count;
      show();
    };
    button.addEventListener("click", () => move(1));
    button.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(event.key === "ArrowDown" ? 1 : -1);
      }
    });
    // A form that the browser fills anew after going back says so without an event on the button.
    addEventListener("pageshow", show);
    select.hidden = true;
    select.after(button);
    show();
  }
})();
