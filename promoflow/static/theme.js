// Sets light or dark before the first paint: the person's choice, else the machine's.
(() => {
  const machine = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  };
  const apply = () => {
    document.documentElement.dataset.bsTheme = chosen() || (machine.matches ? "dark" : "light");
  };
  machine.addEventListener("change", apply);
  addEventListener("storage", apply);
  apply();
})();
