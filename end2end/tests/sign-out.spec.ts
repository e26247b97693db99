import { expect, people, test } from "../fixtures.ts";
import { Dashboard } from "../page-objects/dashboard.ts";
import { Hosted } from "../page-objects/hosted.ts";
import { Login } from "../page-objects/login.ts";
import { Profile } from "../page-objects/profile.ts";
import { Shell } from "../page-objects/shell.ts";
import { hydrated } from "../support/hydration.ts";
import { isSession, sessionName } from "../support/cookies.ts";

test.describe("Signing out", () => {
  test("ends the session here and at the provider", async ({ signedIn: page, context, request, emulator, baseURL }) => {
    const cookie = (await context.cookies()).find(isSession)?.value;
    await new Shell(page).signOut();
    await expect(page).toHaveURL(/\/logged-out(\?state=[\w-]+)?$/);
    await expect(page.getByRole("heading", { level: 1 })).toContainText(/signed out/i);

    expect((await context.cookies()).some(isSession)).toBe(false);
    const { live_sessions: sessions, live_refresh_tokens: tokens } = await emulator.state();
    expect({ sessions, tokens }).toEqual({ sessions: 0, tokens: 0 });
    const replayed = await request.get("/dashboard", { headers: { cookie: `${sessionName(baseURL ?? "")}=${cookie}` }, maxRedirects: 0 });
    expect(replayed.status()).toBe(302);

    await page.goto("/auth/login");
    await expect(new Hosted(page).email, "the provider asks again").toBeVisible();
  });

  test("in one tab is seen in another at once", async ({ signedIn: page, context, trouble }) => {
    trouble.expectStatus(401, /^\/api\//);
    const other = await context.newPage();
    await other.goto("/dashboard");
    await hydrated(other);
    await hydrated(page);
    await new Shell(page).signOut();
    await expect(page).toHaveURL(/\/logged-out(\?state=[\w-]+)?$/);

    // No focus, no click: the other tab is told.
    await expect(other).toHaveURL(/\/logged-out(\?state=[\w-]+)?$/);
    await expect(other.getByText(people.ada.name)).toHaveCount(0);
    await expect(new Dashboard(other).roles).toHaveCount(0);
  });

  test("leaves nothing protected behind the back button", async ({ signedIn: page, trouble }) => {
    trouble.expectStatus(401, /^\/api\//);
    await hydrated(page);
    await new Shell(page).dashboard.click();
    await expect(page).toHaveURL("/dashboard");
    await new Shell(page).signOut();
    await expect(page).toHaveURL(/\/logged-out(\?state=[\w-]+)?$/);

    for (const seen of ["/dashboard", "/dashboard/profile"]) {
      await page.goBack();
      await expect(page).toHaveURL(`/login?return_to=${seen}`);
      await expect(page.getByText(people.ada.email)).toHaveCount(0);
      await expect(page.getByText(people.ada.name)).toHaveCount(0);
      await expect(page.getByText("projects:delete")).toHaveCount(0);
    }
  });

  test("works here even when the provider's logout does not", async ({ signedIn: page, context, emulator, trouble }) => {
    trouble.expectStatus(503, /^\/oidc\/logout/);
    // The provider's bare answer has no icon either.
    trouble.expectStatus(404, /^\/favicon.ico$/);
    await emulator.breakNext({ endpoint: "logout", kind: "status", status: 503 });
    const answer = page.waitForResponse((response) => new URL(response.url()).pathname === "/oidc/logout");
    await new Shell(page).signOut();
    expect((await answer).status()).toBe(503);
    expect((await context.cookies()).some(isSession)).toBe(false);
    await page.goto("/dashboard");
    await expect(page).toHaveURL(/\/login\?return_to=/);
  });

  test("lets another person sign in afterwards in the same browser", async ({ signedIn: page }) => {
    await new Shell(page).signOut();
    await expect(page).toHaveURL(/\/logged-out(\?state=[\w-]+)?$/);
    await page.getByRole("main").getByRole("link", { name: "Sign in again" }).click();
    await new Login(page).begin(people.charles);
    await new Hosted(page).signInAs(people.charles);
    await expect(new Profile(page).name).toHaveText(people.charles.name);
    await expect(page.getByText(people.ada.name)).toHaveCount(0);
  });

  test("can't be done by a link or by another site", async ({ signedIn: page, request, context, emulator, baseURL }) => {
    const session = (await context.cookies()).find(isSession)?.value;
    const cookie = `${sessionName(baseURL ?? "")}=${session}`;
    const byLink = await request.get("/api/logout", { headers: { cookie }, maxRedirects: 0 });
    expect(byLink.status()).toBeGreaterThanOrEqual(400);
    for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site", origin: baseURL ?? "" }, {}] as Record<string, string>[]) {
      const answer = await request.post("/api/logout", { headers: { ...headers, cookie }, maxRedirects: 0 });
      expect(answer.status()).toBe(403);
    }
    await page.reload();
    await expect(new Profile(page).name).toHaveText(people.ada.name);
    expect((await emulator.state()).live_sessions).toBe(1);
  });
});
