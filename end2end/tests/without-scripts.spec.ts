import { expect, organizations, people, test } from "../fixtures.ts";
import { Dashboard } from "../page-objects/dashboard.ts";
import { Hosted } from "../page-objects/hosted.ts";
import { Login } from "../page-objects/login.ts";
import { headings, Problem } from "../page-objects/problem.ts";
import { Profile } from "../page-objects/profile.ts";
import { Shell } from "../page-objects/shell.ts";

test.use({ javaScriptEnabled: false });

test.describe("Without JavaScript", () => {
  test("a newcomer signs up, looks around and signs out", async ({ page, emulator }) => {
    await page.goto("/");
    await new Login(page).createAccount.click();
    const hosted = new Hosted(page);
    await hosted.name.fill("Hedy Lamarr");
    await hosted.signInByCode("hedy@spectrum.example");
    await expect(page).toHaveURL("/dashboard/profile");
    await expect(new Profile(page).name).toHaveText("Hedy Lamarr");

    const shell = new Shell(page);
    await shell.dashboard.click();
    await expect(new Dashboard(page).greeting).toContainText("Hedy");
    await expect(new Dashboard(page).roles).toContainText("admin");
    await shell.signOut();
    await expect(page).toHaveURL(/\/logged-out(\?state=[\w-]+)?$/);
    expect((await emulator.state()).live_sessions).toBe(0);
    await page.goto("/dashboard");
    await expect(page).toHaveURL(/\/login\?return_to=/);
  });

  test("a deep link survives signing in with a code, and the profile is complete", async ({ page }) => {
    await page.goto("/dashboard/profile?tab=ids&x=%2F");
    await new Login(page).begin(people.alan);
    await new Hosted(page).signInByCode(people.alan.email);
    await expect(page).toHaveURL("/dashboard/profile?tab=ids&x=%2F");
    const profile = new Profile(page);
    await expect(profile.name).toHaveText(people.alan.name);
    await expect(profile.person).toContainText(people.alan.email);
    await expect(profile.person.getByText(people.alan.initials, { exact: true })).toBeVisible();
    await profile.claimsToggle.click();
    await expect(profile.claim("oid", "Access token")).toContainText(organizations.harbor.id);
  });

  test("a work e-mail finds its single sign-on", async ({ page }) => {
    await page.goto("/login");
    await new Login(page).begin(people.katherine);
    await new Hosted(page).signInAs(people.katherine);
    await expect(new Profile(page).name).toHaveText(people.katherine.name);
  });

  test("cancelling is explained and can be tried again", async ({ page, trouble }) => {
    trouble.expectStatus(400, /^\/auth\/callback/);
    await page.goto("/auth/login?return_to=/dashboard");
    const answer = page.waitForResponse((response) => new URL(response.url()).pathname === "/auth/callback");
    await new Hosted(page).cancel.click();
    const problem = new Problem(page);
    await problem.expect(await answer, 400, headings.cancelled);
    await problem.tryAgain.click();
    await new Login(page).begin(people.ada);
    await new Hosted(page).signInAs(people.ada);
    await expect(page).toHaveURL("/dashboard");
  });

  test("a person stays signed in over the access token's end", async ({ page, emulator, signIn }) => {
    await emulator.change({ access_token_lifetime: 5 });
    await signIn(page);
    const { now } = await emulator.state();
    await expect.poll(async () => (await emulator.state()).now).toBeGreaterThan(now + 5);
    // On a busy machine the page that the sign-in led to may have refreshed already.
    const before = await emulator.refreshes();
    await emulator.change({ access_token_lifetime: 300 });
    await new Shell(page).dashboard.click();
    await expect(new Dashboard(page).greeting).toContainText("Ada");
    expect((await emulator.refreshes()) - before).toBe(1);
  });
});
