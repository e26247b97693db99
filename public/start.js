// Starts the application on a page that the server drew: fills the places of its islands (src/islands). When it fails, at the start or
// later, the page goes on as one without scripts, whose links and forms are the browser's.
(() => {
  const { script, wasm } = document.currentScript.dataset;
  let failed = false;
  const fail = () => {
    failed = true;
    // Hides what needs the application (style/base.css).
    delete document.documentElement.dataset.scripts;
  };

  // The application's listeners stay when it has failed. They would still hold back links and forms, and do nothing in their place.
  for (const kind of ["click", "submit"]) {
    addEventListener(kind, (event) => failed && event.stopImmediatePropagation(), true);
  }
  // After a panic, WASM ends in a trap, wherever the browser had called it from.
  addEventListener("error", ({ error }) => error instanceof WebAssembly.RuntimeError && fail());
  addEventListener("unhandledrejection", ({ reason }) => reason instanceof WebAssembly.RuntimeError && fail());

  const start = async () => {
    const application = await import(script);
    await application.default({ module_or_path: wasm });
    application.hydrate();
    // A team's own islands, made by Leptos' `#[island]`. One that fails leaves the others alone.
    for (const island of document.querySelectorAll("leptos-island")) {
      try {
        application[island.dataset.component](island);
      } catch (error) {
        console.error("An island can't be started:", error);
      }
    }
  };
  start().catch((error) => {
    fail();
    throw error;
  });
})();
