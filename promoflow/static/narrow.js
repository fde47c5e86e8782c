// Says in a cookie whether the window is as narrow as a phone's: a picture is drawn on the server, for one or the other.
(() => {
  const phone = matchMedia("(max-width: 479.98px)");
  const say = () => {
    document.cookie = `narrow=${phone.matches ? "yes" : "no"}; path=/; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  };
  phone.addEventListener("change", say);
  say();
})();
