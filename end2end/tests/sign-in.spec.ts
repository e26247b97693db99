import { expect, people, test } from "../fixtures.ts";
import { Hosted } from "../page-objects/hosted.ts";
import { Login } from "../page-objects/login.ts";
import { headings, Problem } from "../page-objects/problem.ts";
import { Profile } from "../page-objects/profile.ts";
import { isSession, sessionName } from "../support/cookies.ts";

test.describe("Signing in", () => {
  test("with one click on a seeded person lands on the profile", async ({ page, emulator }) => {
    await page.goto("/");
    await new Login(page).signIn.click();
    await expect(page).toHaveURL("/login");
    await new Login(page).begin(people.ada);
    await page.waitForURL(`${emulator.url}/**`);
    await new Hosted(page).signInAs(people.ada);
    await expect(page).toHaveURL("/dashboard/profile");
    await expect(new Profile(page).name).toHaveText(people.ada.name);
    expect(await emulator.exchanges()).toBe(1);
  });

  test("with an e-mail address and its one-time code lands on the profile", async ({ page }) => {
    await page.goto("/login");
    await new Login(page).begin(people.charles);
    const hosted = new Hosted(page);
    await expect(hosted.email, "the address has been passed on").toHaveValue(people.charles.email);
    await hosted.signInByCode(people.charles.email);
    await expect(page).toHaveURL("/dashboard/profile");
    await expect(new Profile(page).name).toHaveText(people.charles.name);
  });

  test("with a wrong code stays at the provider until the right one is entered", async ({ page, emulator, trouble }) => {
    trouble.expectStatus(422, /^\/hosted\/.*\/code$/);
    await page.goto("/auth/login");
    const hosted = new Hosted(page);
    await hosted.signInByCode(people.charles.email, "000000");
    await expect(page.getByRole("alert")).toContainText(/code/i);
    expect(new URL(page.url()).origin).toBe(emulator.url);
    expect(await emulator.exchanges()).toBe(0);

    await hosted.code.fill("424242");
    await hosted.continue.click();
    await expect(page).toHaveURL("/dashboard/profile");
  });

  test("with a work e-mail goes to the single sign-on of its domain", async ({ page }) => {
    await page.goto("/login");
    await new Login(page).begin(people.katherine);
    await expect(page.getByRole("main")).toContainText("identity provider of Orbital Mechanics");
    await new Hosted(page).signInAs(people.katherine);
    await expect(page).toHaveURL("/dashboard/profile");
    await expect(new Profile(page).name).toHaveText(people.katherine.name);
  });

  test("with a social account goes straight to that provider", async ({ page }) => {
    await page.goto("/login");
    const authorize = page.waitForRequest((request) => new URL(request.url()).pathname === "/oauth/authorize");
    await new Login(page).social("Google").click();
    expect(new URL((await authorize).url()).searchParams.get("provider")).toBe("google");
    await new Hosted(page).signInAs(people.ada);
    await expect(page).toHaveURL("/dashboard/profile");
  });

  test("is silent while the provider's own session lives", async ({ page, context, signIn }) => {
    await signIn(page);
    await context.clearCookies({ name: /^session\./ });
    await page.goto("/auth/login?return_to=/dashboard");
    await expect(page).toHaveURL("/dashboard");
  });

  test("for an organization that does not exist is explained", async ({ page, trouble }) => {
    trouble.expectStatus(400, /^\/auth\/callback/);
    const answer = await page.goto("/auth/login?organization_id=org_999999999999999999");
    await new Problem(page).expect(answer, 400, headings.organizationNotFound);
  });

  test("that is cancelled at the provider is explained and can be started again", async ({ page, emulator, trouble }) => {
    trouble.expectStatus(400, /^\/auth\/callback/);
    await page.goto("/auth/login?return_to=/dashboard");
    const answer = page.waitForResponse((response) => new URL(response.url()).pathname === "/auth/callback");
    await new Hosted(page).cancel.click();
    const problem = new Problem(page);
    await problem.expect(await answer, 400, headings.cancelled);
    expect(await emulator.exchanges()).toBe(0);
    expect((await page.context().cookies()).some(isSession)).toBe(false);

    await problem.tryAgain.click();
    await new Login(page).begin(people.ada);
    await new Hosted(page).signInAs(people.ada);
    await expect(page, "what was wanted before is not forgotten").toHaveURL("/dashboard");
  });

  test("gives the browser one opaque cookie that scripts can't read", async ({ page, context, signIn }) => {
    await signIn(page);
    const cookies = (await context.cookies(page.url())).filter((cookie) => /^(session|login\.)/.test(cookie.name));
    expect(cookies.map((cookie) => cookie.name), "the attempt's cookie is gone").toEqual([sessionName(page.url())]);
    const [session] = cookies;
    expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/", domain: "localhost" });
    // 256 random bits in base64url: nothing else fits into 43 characters.
    expect(session?.value).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await page.evaluate(() => document.cookie)).not.toContain("session");
  });

  test("again ends the browser's earlier session and never keeps its identifier", async ({ page, context, request, signIn }) => {
    await signIn(page);
    const earlier = (await context.cookies()).find(isSession)?.value;
    await page.goto("/auth/login?prompt=login");
    await new Hosted(page).signInAs(people.charles);
    await expect(page).toHaveURL("/dashboard/profile");
    await expect(new Profile(page).name).toHaveText(people.charles.name);

    const later = (await context.cookies()).find(isSession)?.value;
    expect(later).not.toBe(earlier);
    const replayed = await request.get("/dashboard", { headers: { cookie: `session=${earlier}` }, maxRedirects: 0 });
    expect(replayed.status()).toBe(302);
  });
});
