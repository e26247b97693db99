// What every page does in the browser, with the application or without: the colour scheme before the first paint and the switch for it,
// copying, broken pictures, telling the other tabs of a sign-out. Runs before there is a body, so all of it listens at the document.
(() => {
  const root = document.documentElement;
  const remembered = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // Storage is blocked: follow the system.
    }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  const switchTheme = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    const theme = dark ? "light" : "dark";
    apply(theme);
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // It holds for this document then.
    }
  };

  const copy = async (button) => {
    const said = button.nextElementSibling;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.classList.add("copied");
      said.textContent = "Copied";
    } catch {
      said.textContent = "Copying is blocked";
    }
    said.classList.add("shown");
    setTimeout(() => {
      button.classList.remove("copied");
      said.classList.remove("shown");
      said.textContent = "";
    }, 2000);
  };

  // The other tabs ask the server themselves (src/browser/tabs.rs).
  const tellOfSignOut = () => {
    try {
      new BroadcastChannel("leptos-scalekit-session").postMessage("signed-out");
    } catch {
      // They look when they come to the front.
    }
  };

  // A page without the application that comes back from the browser's cache, after a sign-in meanwhile.
  const comeBack = async () => {
    try {
      const answer = await fetch("/api/current_session", { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" } });
      if (answer.ok && (await answer.json()).session) location.reload();
    } catch {
      // The next page knows.
    }
  };

  root.dataset.scripts = "on";
  apply(remembered());
  addEventListener("storage", (event) => event.key === "theme" && apply(event.newValue));
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("[data-theme-switch]")) switchTheme();
    const button = target.closest?.("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("submit", ({ target }) => target.matches?.("form[data-sign-out]") && tellOfSignOut());
  document.addEventListener("error", ({ target }) => target.matches?.(".avatar img") && (target.hidden = true), true);
  addEventListener("pageshow", ({ persisted }) => persisted && !document.getElementById("session") && comeBack());
  if (location.pathname === "/logged-out") tellOfSignOut();
  // A soft change of pages (style/base.css) that the next page or another site cuts short is no error.
  addEventListener("unhandledrejection", (event) => {
    if (event.reason instanceof DOMException && /\btransition\b/i.test(event.reason.message)) event.preventDefault();
  });
})();
