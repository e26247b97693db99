// Tells when the application has taken over a server-rendered page.

import type { BrowserContext, Page } from "@playwright/test";

declare global {
  interface Window {
    hydrated?: boolean;
  }
}

/** Notes on `window` when the WASM has run its first turn; to be called before the context's first page opens. */
export async function watchHydration(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    // The page's script calls `hydrate()` in the microtasks after the module is ready, and what hydration spawns runs in
    // microtasks and the task after them; two tasks later all of it is done.
    const thenNote = <T>(ready: Promise<T>): Promise<T> => {
      ready.then(
        () => setTimeout(() => setTimeout(() => (window.hydrated = true))),
        () => {},
      );
      return ready;
    };
    const streaming = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = (...args) => thenNote(streaming(...args));
  });
}

/** Waits until the page is hydrated. */
export async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() => window.hydrated === true);
}
