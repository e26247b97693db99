// What every test starts with: a running application and emulator, and a browser whose complaints fail the test.

import { type BrowserContext, type BrowserContextOptions, type Page, test as base } from "@playwright/test";
import { type Emulator, people, type Person } from "./support/emulator.ts";
import type { Visit } from "./support/every-page.ts";
import { Servers } from "./support/servers.ts";
import { Trouble } from "./support/trouble.ts";
import { watchHydration } from "./support/hydration.ts";
import { Hosted } from "./page-objects/hosted.ts";

export { expect } from "@playwright/test";
export * from "./support/emulator.ts";

/** How Safari on an iPhone calls itself. */
export const phoneUserAgent =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";

interface Fixtures {
  /** The emulator, reset before the test. */
  emulator: Emulator;
  /** Collects what the browser complains about; announce what the test provokes with `expectStatus`. */
  trouble: Trouble;
  /** Another browser with cookies of its own, watched like the first. */
  anotherBrowser: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** Signs in with one click at the emulator and lands on `returnTo`. */
  signIn: (page: Page, person?: Person, returnTo?: string) => Promise<void>;
  /** Ada's phone, with a browser of its own in which she is signed in. */
  signInOnPhone: () => Promise<Page>;
  /** What it takes to get to any page. */
  visit: Visit;
  /** The test's page, already signed in as Ada on her profile. */
  signedIn: Page;
}

export const test = base.extend<Fixtures, { servers: Servers }>({
  servers: [
    async ({}, use, worker) => {
      const servers = await Servers.start(worker.workerIndex);
      await use(servers);
      await servers.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],

  baseURL: async ({ servers }, use) => {
    await use(servers.appUrl);
  },

  emulator: [
    async ({ servers }, use) => {
      await servers.emulator.beginAnew();
      await use(servers.emulator);
    },
    { auto: true },
  ],

  trouble: async ({}, use) => {
    const trouble = new Trouble();
    await use(trouble);
    trouble.check();
  },

  context: async ({ context, trouble, javaScriptEnabled }, use) => {
    await trouble.watch(context, { scripts: javaScriptEnabled });
    await watchHydration(context);
    await use(context);
  },

  anotherBrowser: async ({ browser, servers, trouble, viewport, javaScriptEnabled }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ baseURL: servers.appUrl, viewport, ...options });
      opened.push(context);
      await trouble.watch(context, { scripts: options.javaScriptEnabled ?? javaScriptEnabled });
      await watchHydration(context);
      return context;
    });
    for (const context of opened) await context.close();
  },

  signIn: async ({}, use) => {
    await use(async (page, person = people.ada, returnTo = "/dashboard/profile") => {
      await page.goto(`/auth/login?return_to=${encodeURIComponent(returnTo)}`);
      await new Hosted(page).signInAs(person);
      await page.waitForURL((url) => url.pathname + url.search === returnTo);
    });
  },

  signInOnPhone: async ({ anotherBrowser, signIn }, use) => {
    await use(async () => {
      const phone = await (await anotherBrowser({ userAgent: phoneUserAgent })).newPage();
      await signIn(phone);
      return phone;
    });
  },

  visit: async ({ page, signIn, signInOnPhone, emulator }, use) => {
    await use({ page, signIn, signInOnPhone, signInElsewhere: () => emulator.signInElsewhere(people.ada) });
  },

  signedIn: async ({ page, signIn }, use) => {
    await signIn(page);
    await use(page);
  },
});
