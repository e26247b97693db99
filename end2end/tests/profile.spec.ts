import { expect, organizations, people, test } from "../fixtures.ts";
import { Profile } from "../page-objects/profile.ts";
import { hydrated } from "../support/hydration.ts";

test.describe("The profile", () => {
  test("shows name, verified e-mail, organization and picture", async ({ page, signIn, emulator }) => {
    // Scalekit's tokens name the organization only if the environment is set up to; this is how they do.
    await emulator.tamper({ token: "access", claims: { organization_name: organizations.analytical.name } });
    await signIn(page);
    const profile = new Profile(page);
    await expect(profile.name).toHaveText(people.ada.name);
    await expect(profile.person).toContainText(people.ada.email);
    await expect(profile.person).toContainText("Verified");
    await expect(profile.fact("Organization")).toContainText(organizations.analytical.name);
    await expect(profile.fact("User id")).toContainText(people.ada.id);
    await expect(profile.fact("Organization id")).toContainText(organizations.analytical.id);
    // It is there only if it has loaded.
    await expect(profile.picture).toHaveJSProperty("complete", true);
    expect(await profile.picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  });

  test("shows initials when there is no picture", async ({ page, signIn }) => {
    await signIn(page, people.charles);
    const { person, picture } = new Profile(page);
    await expect(person.getByText(people.charles.initials, { exact: true })).toBeVisible();
    await expect(picture).toHaveCount(0);
  });

  test("shows initials when the picture does not load", async ({ page, signIn, trouble }) => {
    trouble.expectStatus(404, /pictures/);
    await page.route("**/__emulator/pictures/**", (route) => route.fulfill({ status: 404 }));
    await signIn(page);
    const { person, picture } = new Profile(page);
    await expect(person.getByText(people.ada.initials, { exact: true })).toBeVisible();
    await expect(picture).toBeHidden();
  });

  test("shows the application's own ids of person and organization", async ({ page, signIn }) => {
    await signIn(page, people.alan);
    const profile = new Profile(page);
    await expect(profile.fact("User id in your system")).toContainText("employee-1912");
    await expect(profile.fact("Organization id in your system")).toContainText(organizations.harbor.externalId);
  });

  test("marks an address that nobody verified", async ({ page, signIn, emulator }) => {
    await emulator.tamper({ token: "id", claims: { email_verified: false } });
    await signIn(page);
    await expect(new Profile(page).person).toContainText("Not verified");
  });

  test("opens the checked claims as a table, by token", async ({ page, signIn }) => {
    await signIn(page, people.alan);
    const profile = new Profile(page);
    await profile.claimsToggle.click();
    await expect(profile.claim("sub", "ID token")).toContainText(people.alan.id);
    await expect(profile.claim("email", "ID token")).toContainText(people.alan.email);
    await expect(profile.claim("oid", "Access token")).toContainText(organizations.harbor.id);
    await expect(profile.claim("roles", "Access token")).toContainText("member");
    await expect(profile.claim("permissions", "Access token")).toContainText("projects:write");
    await expect(profile.claim("xuid", "Access token")).toContainText("employee-1912");
  });

  test("copies an id to the clipboard", async ({ page, context, signIn }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await signIn(page);
    await hydrated(page);
    await page.getByRole("button", { name: "Copy user id" }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(people.ada.id);
  });

  test("escapes what people call themselves", async ({ page, signIn, emulator }) => {
    const name = '</script><img src=x onerror="document.title=1">&amp;';
    await emulator.tamper({ token: "id", claims: { name, given_name: name } });
    await signIn(page);
    await expect(new Profile(page).name).toHaveText(name);
    await expect(page).not.toHaveTitle("1");
  });
});
