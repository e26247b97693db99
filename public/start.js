// Starts the application on a page that the server rendered. When it fails, at the start or later, the page goes on as one
// without scripts, whose links and forms are the browser's. Translators, extensions and proxies change pages before the
// application sees them, and then it can't take over what it finds.
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

  import(script)
    .then((application) => application.default({ module_or_path: wasm }).then(() => application.hydrate()))
    .catch((error) => {
      fail();
      throw error;
    });
})();
