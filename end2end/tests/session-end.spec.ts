import { expect, people, test } from "../fixtures.ts";
import { Hosted } from "../page-objects/hosted.ts";
import { Login } from "../page-objects/login.ts";
import { Profile } from "../page-objects/profile.ts";
import { Shell } from "../page-objects/shell.ts";
import { hydrated } from "../support/hydration.ts";
import { isSession } from "../support/cookies.ts";

test.describe("A session that was ended at the provider", () => {
  // Nobody tells the application: it learns of it at the next refresh.
  test.beforeEach(({ emulator }) => emulator.change({ notify_apps: false }));

  test("is noticed by the open page, which offers the way back to the same page", async ({ page, emulator, signIn, trouble }) => {
    trouble.expectStatus(401, /^\/api\//);
    await emulator.change({ access_token_lifetime: 3 });
    await signIn(page, people.ada, "/dashboard/profile?tab=ids");
    await hydrated(page);
    expect(await emulator.endSessions()).toBe(1);

    const shell = new Shell(page);
    await expect(shell.sessionEnded).toBeVisible();
    await emulator.change({ access_token_lifetime: 300 });
    await shell.signInAgain.click();
    await new Login(page).begin(people.ada);
    await new Hosted(page).signInAs(people.ada);
    await expect(page).toHaveURL("/dashboard/profile?tab=ids");
    await expect(new Profile(page).name).toHaveText(people.ada.name);
    await expect(shell.sessionEnded).toBeHidden();
  });

  test("is asked about no more than once", async ({ page, emulator, signIn, trouble }) => {
    trouble.expectStatus(401, /^\/api\//);
    await emulator.change({ access_token_lifetime: 3 });
    await signIn(page);
    await hydrated(page);
    expect(await emulator.endSessions()).toBe(1);
    await expect(new Shell(page).sessionEnded).toBeVisible();
    await page.reload();
    await expect(page).toHaveURL(/\/login\?/);
    // Refreshes before the end were answered otherwise, and do not count.
    expect((await emulator.state()).outcomes["token.refresh_token.invalid_grant"]).toBe(1);
  });

  test("while no page was open leads to sign-in with the reason, and back to the page that was wanted", async ({ page, context, emulator, signIn }) => {
    await emulator.change({ access_token_lifetime: 2 });
    await signIn(page);
    await page.close();
    await emulator.endSessions();
    const { now } = await emulator.state();
    await expect.poll(async () => (await emulator.state()).now).toBeGreaterThan(now + 2);

    const later = await context.newPage();
    await later.goto("/dashboard?from=mail");
    await expect(later).toHaveURL((url) => url.pathname === "/login" && url.searchParams.get("return_to") === "/dashboard?from=mail");
    await expect(later.getByRole("main")).toContainText("session has ended");
    const sessionCookie = async () => (await context.cookies()).find(isSession)?.value;
    const dead = await sessionCookie();

    await emulator.change({ access_token_lifetime: 300 });
    await new Login(later).begin(people.ada);
    await new Hosted(later).signInAs(people.ada);
    await expect(later).toHaveURL("/dashboard?from=mail");
    expect(await sessionCookie(), "the sign-in replaces the dead cookie").not.toBe(dead);
  });
});

test.describe("A session whose end the provider announces", () => {
  test("has ended at once, long before its access token does, and the open page says so when it is looked at", async ({ page, emulator, signIn, trouble }) => {
    trouble.expectStatus(401, /^\/api\//);
    await signIn(page, people.ada, "/dashboard/profile?tab=ids");
    await hydrated(page);
    expect(await emulator.endSessions()).toBe(1);

    const shell = new Shell(page);
    await expect(async () => {
      // As when the person comes back to the tab.
      await page.evaluate(() => window.dispatchEvent(new Event("focus")));
      await expect(shell.sessionEnded).toBeVisible({ timeout: 1000 });
    }).toPass({ timeout: 20_000 });
    expect(await emulator.refreshes(), "no token had to end for it").toBe(0);
    await shell.signInAgain.click();
    await new Login(page).begin(people.ada);
    await new Hosted(page).signInAs(people.ada);
    await expect(page).toHaveURL("/dashboard/profile?tab=ids");
  });
});
