import { expect, oneTimeCode, test } from "../fixtures.ts";
import { Dashboard } from "../page-objects/dashboard.ts";
import { Hosted } from "../page-objects/hosted.ts";
import { Login } from "../page-objects/login.ts";
import { Profile } from "../page-objects/profile.ts";
import { Shell } from "../page-objects/shell.ts";

const newcomer = { name: "Hedy Lamarr", email: "hedy@spectrum.example" };

test.describe("Signing up", () => {
  for (const start of ["/", "/login"]) {
    test(`from ${start} opens the provider's sign-up and ends on the new profile`, async ({ page }) => {
      await page.goto(start);
      const authorize = page.waitForRequest((request) => new URL(request.url()).pathname === "/oauth/authorize");
      await new Login(page).createAccount.click();
      expect(new URL((await authorize).url()).searchParams.get("prompt")).toBe("create");

      const hosted = new Hosted(page);
      await hosted.name.fill(newcomer.name);
      await hosted.signInByCode(newcomer.email);

      await expect(page).toHaveURL("/dashboard/profile");
      const profile = new Profile(page);
      await expect(profile.name).toHaveText(newcomer.name);
      await expect(profile.person).toContainText(newcomer.email);
    });
  }

  test("makes the newcomer administrator of an organization of their own", async ({ page, emulator }) => {
    await page.goto("/auth/login?prompt=create");
    const hosted = new Hosted(page);
    await hosted.name.fill(newcomer.name);
    await hosted.signInByCode(newcomer.email, oneTimeCode);
    await expect(page).toHaveURL("/dashboard/profile");

    await new Shell(page).dashboard.click();
    await expect(page).toHaveURL("/dashboard");
    const dashboard = new Dashboard(page);
    await expect(dashboard.greeting).toContainText("Hedy");
    await expect(dashboard.roles).toContainText("admin");
    const sessions = await emulator.sessions();
    expect(sessions).toHaveLength(1);
    expect(sessions[0]?.organization).toMatch(/^org_\d+$/);
  });
});
