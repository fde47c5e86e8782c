// Copying a value of the checklist, and counting down until a stopped promotion is gone.
(() => {
  // --- Copy buttons: hidden until there is a clipboard to copy to ---
  const area = (text) => {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };
  const show = () => {
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    if (navigator.clipboard) await navigator.clipboard.writeText(button.dataset.copy);
    else area(button.dataset.copy);
    button.classList.add("is-copied");
    const said = button.querySelector("[data-said]");
    if (said) said.textContent = button.dataset.copied;
    button.focus();
  });

  // --- Countdowns: the page says the instant; this says how long is left ---
  const two = (number) => String(number).padStart(2, "0");
  const count = () => {
    for (const time of document.querySelectorAll("time[data-countdown]")) {
      const left = Math.floor((Date.parse(time.dateTime) - Date.now()) / 1000);
      if (left <= 0) {
        time.textContent = time.dataset.over;
        time.removeAttribute("data-countdown");
        continue;
      }
      const days = Math.floor(left / 86400);
      const clock = `${two(Math.floor(left / 3600) % 24)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
      time.textContent = days ? `${days} ${time.dataset.days} ${clock}` : clock;
    }
  };
  show();
  count();
  setInterval(count, 1000);
})();
