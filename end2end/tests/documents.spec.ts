// The way from page to page is the browser's own: fetched ahead, changed softly, brought back from its cache; and each time the session
// is asked about.

import type { Page } from "@playwright/test";
import { expect, organizations, people, test } from "../fixtures.ts";
import { Dashboard } from "../page-objects/dashboard.ts";
import { Profile } from "../page-objects/profile.ts";
import { Shell } from "../page-objects/shell.ts";
import { launchOptions } from "../support/browser.ts";
import { hydrated } from "../support/hydration.ts";

// Playwright switches the cache off.
test.use({ launchOptions: { ...launchOptions, ignoreDefaultArgs: ["--disable-back-forward-cache"] } });

declare global {
  interface Window {
    changedSoftly?: boolean;
    sameDocument?: boolean;
  }
}

/** How the document came. */
const delivery = (page: Page): Promise<string> =>
  page.evaluate(() => (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming & { deliveryType: string }).deliveryType);

test.describe("A page that the browser fetches ahead", () => {
  test("is shown at the click, and the server learns that somebody is there", async ({ signedIn: page }) => {
    await hydrated(page);
    const { dashboard } = new Shell(page);
    const noted = page.waitForResponse("**/api/note_presence");
    await dashboard.hover();
    await dashboard.click();
    await expect(page).toHaveURL("/dashboard");
    expect((await noted).status()).toBe(200);
    expect(await delivery(page)).toBe("navigational-prefetch");
    await expect(new Dashboard(page).greeting).toContainText("Ada");
  });

  test("of a session that ended before it is shown, says that it has ended", async ({ signedIn: page, emulator, trouble }) => {
    trouble.expectStatus(401, /^\/api\//);
    await hydrated(page);
    const { dashboard, sessionEnded } = new Shell(page);
    await dashboard.hover();
    // Fetched ahead or not: either way nobody is left with a page that looks signed in.
    await emulator.endSessions();
    await expect.poll(async () => (await page.request.get("/dashboard", { maxRedirects: 0 })).status()).toBe(302);
    await dashboard.click();
    await expect(sessionEnded.or(page.getByText("Your session has ended. Sign in to go on"))).toBeVisible();
  });

  test("needs no token: the page asks for one when it is shown", async ({ page, signIn, emulator }) => {
    await emulator.change({ access_token_lifetime: 3 });
    await signIn(page);
    const { now } = await emulator.state();
    await expect.poll(async () => (await emulator.state()).now).toBeGreaterThan(now + 3);
    await emulator.change({ access_token_lifetime: 300 });
    await new Shell(page).dashboard.click();
    await expect(page).toHaveURL("/dashboard");
    await expect(new Dashboard(page).greeting).toContainText("Ada");
  });
});

test.describe("The change from page to page", () => {
  for (const reducedMotion of ["no-preference", "reduce"] as const) {
    test.describe(reducedMotion, () => {
      test.use({ contextOptions: { reducedMotion } });
      test("is soft only for those who like motion", async ({ signedIn: page }) => {
        await page.addInitScript(() => addEventListener("pagereveal", (event) => (window.changedSoftly = event.viewTransition !== null)));
        await new Shell(page).dashboard.click();
        await expect(page).toHaveURL("/dashboard");
        await expect.poll(() => page.evaluate(() => window.changedSoftly)).toBe(reducedMotion === "no-preference");
      });
    });
  }

  test("begins at the top: the first key press reaches the link to the content", async ({ signedIn: page }) => {
    await new Shell(page).dashboard.click();
    await expect(new Dashboard(page).greeting).toBeVisible();
    await page.keyboard.press("Tab");
    await expect(page.getByRole("link", { name: /skip/i })).toBeFocused();
    expect(await page.evaluate(() => scrollY)).toBe(0);
  });
});

test.describe("A page that the browser brings back from its cache", () => {

  test("asks who is signed in and goes on where it was", async ({ page, signIn }) => {
    await signIn(page, people.ada, "/dashboard");
    await hydrated(page);
    await page.evaluate(() => (window.sameDocument = true));
    await new Shell(page).profile.click();
    await expect(new Profile(page).name).toHaveText(people.ada.name);
    const asked = page.waitForRequest("**/api/current_session");
    await page.evaluate(() => history.back());
    await asked;
    expect(await page.evaluate(() => window.sameDocument), "not loaded again").toBe(true);
    const { countdown } = new Dashboard(page);
    const first = await countdown.textContent();
    await expect(countdown).not.toHaveText(first ?? "");
  });

  test("is loaded again if the person may do something else by now", async ({ page, signIn, emulator }) => {
    await emulator.change({ access_token_lifetime: 3 });
    await signIn(page, people.charles, "/dashboard");
    await hydrated(page);
    await page.evaluate(() => (window.sameDocument = true));
    await new Shell(page).profile.click();
    await expect(new Profile(page).name).toHaveText(people.charles.name);
    await emulator.setRoles(people.charles.id, organizations.analytical.id, ["admin"]);
    await expect.poll(async () => (await (await page.request.get("/dashboard")).text()).includes("members:manage")).toBe(true);
    await page.evaluate(() => history.back());
    await expect(new Dashboard(page).permissions).toContainText("members:manage");
    expect(await page.evaluate(() => window.sameDocument)).toBeUndefined();
  });
});
