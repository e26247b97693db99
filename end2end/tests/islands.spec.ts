// What becomes of a page while its application is missing, late or broken, or is told what it does not expect: the page works as one
// without scripts, and the next one is right.

import type { Page, Route } from "@playwright/test";
import { expect, people, test } from "../fixtures.ts";
import { Dashboard } from "../page-objects/dashboard.ts";
import { Hosted } from "../page-objects/hosted.ts";
import { Login } from "../page-objects/login.ts";
import { Profile } from "../page-objects/profile.ts";
import { Sessions } from "../page-objects/sessions.ts";
import { Shell } from "../page-objects/shell.ts";
import { hydrated } from "../support/hydration.ts";

/** What may be wrong with the application's files. */
const failures: [what: string, files: RegExp, answer: (route: Route) => Promise<void>][] = [
  ["WASM is blocked", /\.wasm$/, (route) => route.abort("blockedbyclient")],
  ["WASM ends in the middle", /\.wasm$/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.body()).subarray(0, 50_000) });
  }],
  ["the files are an older release's, and gone", /\/pkg\/.*\.(js|wasm)$/, (route) => route.fulfill({ status: 404 })],
];

async function useThePages(page: Page): Promise<void> {
  await page.goto("/login");
  await new Login(page).begin(people.katherine);
  await new Hosted(page).signInAs(people.katherine);
  await expect(new Profile(page).person).toContainText(people.katherine.email);
  await new Shell(page).dashboard.click();
  await expect(new Dashboard(page).roles).toBeVisible();
  await expect(page.getByRole("button", { name: "Refresh now" }), "what needs the application is not offered").toBeHidden();
}

for (const [what, files, answer] of failures) {
  test(`While ${what}, links, forms and sign-out work, and the next page is right`, async ({ page, trouble }) => {
    trouble.expectFailedApplication();
    await page.route(files, answer);
    await useThePages(page);
    await page.unroute(files);
    await new Shell(page).sessions.click();
    await expect(page).toHaveURL("/dashboard/sessions");
    await hydrated(page);
    await new Shell(page).signOut();
    await expect(page).toHaveURL(/\/logged-out/);
  });
}

test("What somebody writes before the application is there stays, with the focus", async ({ page }) => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/login", { waitUntil: "domcontentloaded" });
  const { workEmail, continue: go } = new Login(page);
  await workEmail.pressSequentially("katherine@");
  release();
  await hydrated(page);
  await expect(workEmail).toHaveValue("katherine@");
  await expect(workEmail).toBeFocused();
  await workEmail.fill(people.katherine.email);
  await go.click();
  await new Hosted(page).signInAs(people.katherine);
  await expect(new Profile(page).person).toContainText(people.katherine.email);
});

test("A menu that was opened before the application is there stays open and works", async ({ signedIn: page }) => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/dashboard", { waitUntil: "domcontentloaded" });
  await page.getByRole("button", { name: /^Account menu of / }).click();
  release();
  await hydrated(page);
  await page.locator("#user-menu").getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/logged-out/);
});

test("The sign-in form says beside the field what is missing", async ({ page }) => {
  await page.goto("/login");
  await hydrated(page);
  const { workEmail, continue: go } = new Login(page);
  await go.click();
  await expect(page.getByText("Enter an e-mail address")).toBeVisible();
  await expect(workEmail).toHaveAttribute("aria-invalid", "true");
  await workEmail.fill("a");
  await expect(page.getByText("Enter an e-mail address")).toBeHidden();
});

for (const [what, body] of [["nonsense", "<html>"], ["null", "null"], ["another release's", '{"session":{"shape":"new"},"user":{}}']] as const) {
  test(`Answers that are ${what} end no session and break no page`, async ({ page, signIn }) => {
    await signIn(page, people.ada, "/dashboard");
    await hydrated(page);
    await page.route("**/api/*_session", (route) => route.fulfill({ status: 200, contentType: "application/json", body }));
    const refresh = page.getByRole("button", { name: "Refresh now" });
    await refresh.click();
    await expect(page.getByText("Not possible right now.")).toBeVisible();
    await expect(new Shell(page).sessionEnded).toBeHidden();
    await page.unroute("**/api/*_session");
    await refresh.click();
    await expect(page.getByText("Not due yet")).toBeVisible();
  });
}

test("A session that ends while another is to be ended is said to have ended", async ({ page, signIn, signInOnPhone, emulator, trouble }) => {
  trouble.expectStatus(401, /^\/api\//);
  await signInOnPhone();
  await signIn(page, people.ada, "/dashboard/sessions");
  await hydrated(page);
  await emulator.endSessions();
  const shell = new Shell(page);
  await expect.poll(async () => (await page.request.get("/dashboard", { maxRedirects: 0 })).status()).toBe(302);
  await new Sessions(page).end("Safari on iOS");
  await expect(shell.sessionEnded).toBeVisible();
});

test("Where storage and channels between tabs throw, pages work", async ({ page, signIn }) => {
  await page.addInitScript(() => {
    const refuse = (): never => {
      throw new DOMException("refused", "SecurityError");
    };
    Object.defineProperty(window, "localStorage", { get: refuse });
    Object.defineProperty(window, "BroadcastChannel", { value: refuse });
  });
  await signIn(page, people.ada, "/dashboard");
  await hydrated(page);
  const { countdown } = new Dashboard(page);
  const first = await countdown.textContent();
  await expect(countdown).not.toHaveText(first ?? "");
  await page.getByRole("button", { name: "Switch between light and dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", /./);
  await new Shell(page).signOut();
  await expect(page).toHaveURL(/\/logged-out/);
});

test("A sign-in in another tab is seen by the sign-in page, which keeps what is written", async ({ page, context, signIn }) => {
  await page.goto("/login");
  await hydrated(page);
  await new Login(page).workEmail.fill("somebody@");
  await signIn(await context.newPage());
  await expect(page.getByRole("button", { name: /^Account menu of Ada/ })).toBeVisible();
  await expect(new Login(page).workEmail).toHaveValue("somebody@");
});

test("Pages without anything to do for an anonymous visitor load no application", async ({ page, trouble }) => {
  trouble.expectStatus(404, /^\/no\/such\/page/);
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  for (const path of ["/", "/logged-out", "/no/such/page"]) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
  }
  expect(loaded.filter((path) => /\/pkg\/.*\.(js|wasm)$|\/start\./.test(path))).toEqual([]);
});
