import { type BrowserContext, type Page } from "@playwright/test";
import { expect, people, test } from "../fixtures.ts";
import { Hosted } from "../page-objects/hosted.ts";
import { headings, Problem } from "../page-objects/problem.ts";
import { Profile } from "../page-objects/profile.ts";
import { isSession } from "../support/cookies.ts";

/** Starts a sign-in and stops at the provider; answers with the `state` that was sent there. */
async function beginAttempt(page: Page): Promise<string> {
  const authorize = page.waitForRequest((request) => new URL(request.url()).pathname === "/oauth/authorize");
  await page.goto("/auth/login?prompt=login");
  const state = new URL((await authorize).url()).searchParams.get("state");
  if (state === null) throw new Error("The authorization request has no state.");
  return state;
}

async function sessionCookie(context: BrowserContext): Promise<string | undefined> {
  return (await context.cookies()).find(isSession)?.value;
}

test.describe("A callback that answers nothing this browser asked", () => {
  test.beforeEach(({ trouble }) => trouble.expectStatus(400, /^\/auth\/callback/));

  const answers: [title: string, query: string, heading: string][] = [
    ["without any parameter", "", headings.malformed],
    ["without a state", "?code=abc", headings.malformed],
    ["with a state of strange characters", "?code=abc&state=%00%0d%0a%22%3Cscript%3E", headings.malformed],
    ["with two states", "?code=abc&state=a&state=b", headings.malformed],
    ["with two codes", "?code=abc&code=def&state=abc", headings.malformed],
    ["with a code and an error", "?code=abc&error=access_denied&state=abc", headings.malformed],
    ["with an oversized code", `?code=${"a".repeat(5000)}&state=abc`, headings.malformed],
    ["with an oversized state", `?code=abc&state=${"a".repeat(5000)}`, headings.malformed],
  ];
  for (const [title, query, heading] of answers) {
    test(`${title} is explained, asks the provider nothing and touches no session`, async ({ page, context, emulator, signIn }) => {
      await signIn(page);
      const before = await sessionCookie(context);
      await emulator.resetCounters();

      const answer = await page.goto(`/auth/callback${query}`);
      await new Problem(page).expect(answer, 400, heading);

      expect((await emulator.state()).calls["token"] ?? 0).toBe(0);
      expect(await sessionCookie(context)).toBe(before);
      await page.goto("/dashboard/profile");
      await expect(new Profile(page).name).toHaveText(people.ada.name);
    });
  }

  for (const query of ["?state=", "?code=abc&state=", "?error=access_denied&state="]) {
    test(`with a state of nobody's (${query}) is explained, and leads on who is signed in`, async ({ page, context, emulator, signIn }) => {
      const address = `/auth/callback${query}abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG`;
      await new Problem(page).expect(await page.goto(address), 400, headings.noAttempt);

      await signIn(page);
      const before = await sessionCookie(context);
      await emulator.resetCounters();
      await page.goto(address);
      await expect(page).toHaveURL("/dashboard/profile");
      await expect(new Profile(page).name).toHaveText(people.ada.name);
      expect((await emulator.state()).calls["token"] ?? 0).toBe(0);
      expect(await sessionCookie(context)).toBe(before);
    });
  }

  test("does not show what the address says", async ({ page }) => {
    await page.goto("/auth/callback?error=access_denied&error_description=Call%200900-SCAM%20now&state=x");
    await expect(page.getByRole("main")).not.toContainText("0900-SCAM");
  });
});

test.describe("A callback whose attempt", () => {
  test.beforeEach(({ trouble }) => trouble.expectStatus(400, /^\/auth\/callback/));

  test("has been completed already leads on, and the session of the first time stays", async ({ page, context, emulator }) => {
    await page.goto("/auth/login");
    const callback = page.waitForRequest((request) => new URL(request.url()).pathname === "/auth/callback");
    await new Hosted(page).signInAs(people.ada);
    const url = (await callback).url();
    await expect(page).toHaveURL("/dashboard/profile");
    const session = await sessionCookie(context);

    await page.goto(url);
    await expect(page).toHaveURL("/dashboard/profile");
    expect(await emulator.exchanges()).toBe(1);
    expect(await sessionCookie(context)).toBe(session);
    await expect(new Profile(page).name).toHaveText(people.ada.name);
  });

  test("is repeated by the browser that holds it, and only by that one, gets the session again", async ({ page, context, emulator }) => {
    await page.goto("/auth/login");
    const attempt = (await context.cookies()).filter((cookie) => cookie.name.startsWith("login."));
    expect(attempt).toHaveLength(1);
    const callback = page.waitForRequest((request) => new URL(request.url()).pathname === "/auth/callback");
    await new Hosted(page).signInAs(people.ada);
    const url = (await callback).url();
    await expect(page).toHaveURL("/dashboard/profile");

    const session = await sessionCookie(context);

    await context.clearCookies();
    await new Problem(page).expect(await page.goto(url), 400, headings.noAttempt);
    expect(await sessionCookie(context)).toBeUndefined();
    await context.addCookies(attempt);
    await page.goto(url);
    await expect(page).toHaveURL("/dashboard/profile");
    expect(await sessionCookie(context)).toBe(session);
    expect(await emulator.exchanges()).toBe(1);
  });

  test("belongs to another browser is refused, and that browser can still use it", async ({ page, anotherBrowser, emulator }) => {
    await page.goto("/auth/login");
    const url = await new Hosted(page).answerFor(people.ada);

    const victim = await (await anotherBrowser()).newPage();
    const answer = await victim.goto(url);
    await new Problem(victim).expect(answer, 400, headings.noAttempt);
    expect(await emulator.exchanges()).toBe(0);
    expect(await sessionCookie(victim.context())).toBeUndefined();

    await page.goto(url);
    await expect(page).toHaveURL("/dashboard/profile");
  });

  test("has lost its cookie, as after ten minutes, is refused", async ({ page, context, emulator }) => {
    await page.goto("/auth/login");
    const url = await new Hosted(page).answerFor(people.ada);
    await context.clearCookies({ name: /^login\./ });
    const answer = await page.goto(url);
    await new Problem(page).expect(answer, 400, headings.noAttempt);
    expect(await emulator.exchanges()).toBe(0);
  });

  test("has a forged cookie is refused", async ({ page, context, emulator }) => {
    await page.goto("/auth/login");
    const url = await new Hosted(page).answerFor(people.ada);
    const [attempt] = (await context.cookies()).filter((cookie) => cookie.name.startsWith("login."));
    if (attempt === undefined) throw new Error("There is no attempt's cookie.");
    const last = attempt.value.at(-2) === "A" ? "B" : "A";
    await context.addCookies([{ ...attempt, value: attempt.value.slice(0, -2) + last + attempt.value.slice(-1) }]);
    const answer = await page.goto(url);
    await new Problem(page).expect(answer, 400, headings.noAttempt);
    expect(await emulator.exchanges()).toBe(0);
  });

  test("is answered with the right state's beginning only is refused and not used up", async ({ page, emulator }) => {
    const state = await beginAttempt(page);
    const answer = await page.goto(`/auth/callback?code=abc&state=${state.slice(0, 8)}${"x".repeat(state.length - 8)}`);
    await new Problem(page).expect(answer, 400, headings.noAttempt);
    expect(await emulator.exchanges()).toBe(0);
    expect((await page.context().cookies()).some((cookie) => cookie.name.startsWith("login."))).toBe(true);
  });

  for (const [error, status, heading] of [
    ["access_denied", 400, headings.cancelled],
    ["login_required", 400, headings.loginRequired],
    ["server_error", 400, headings.provider],
    ["invalid_organization_id", 400, headings.organizationNotFound],
    ["user_not_active", 403, headings.notAllowed],
    ["something_never_heard_of", 400, headings.provider],
  ] as const) {
    test(`is answered with error=${error} is explained in plain words`, async ({ page, emulator, trouble }) => {
      trouble.expectStatus(status, /^\/auth\/callback/);
      const state = await beginAttempt(page);
      const answer = await page.goto(`/auth/callback?error=${error}&error_description=x&state=${state}`);
      await new Problem(page).expect(answer, status, heading);
      expect(await emulator.exchanges()).toBe(0);
      expect(await sessionCookie(page.context())).toBeUndefined();
    });
  }

  test("was one of several open ones finishes in its own tab", async ({ page, context }) => {
    const tabs = [page, await context.newPage(), await context.newPage()];
    for (const [number, tab] of tabs.entries()) await tab.goto(`/auth/login?prompt=login&return_to=/dashboard?tab=${number}`);
    for (const [number, tab] of [...tabs.entries()].reverse()) {
      await new Hosted(tab).signInAs(people.ada);
      await expect(tab).toHaveURL(`/dashboard?tab=${number}`);
    }
  });
});

test.describe("Tokens that don't pass verification", () => {
  const lies: [title: string, tamper: Parameters<import("../fixtures.ts").Emulator["tamper"]>[0]][] = [
    ["an ID token with a broken signature", { token: "id", signature: "flip" }],
    ["an unsigned ID token", { token: "id", signature: "none" }],
    ["an ID token for another client", { token: "id", claims: { aud: ["skc_somebody_else"] } }],
    ["an ID token with another nonce", { token: "id", claims: { nonce: "another" } }],
    ["an access token of another person", { token: "access", claims: { sub: "usr_999999999999999999" } }],
  ];
  for (const [title, tamper] of lies) {
    test(`start no session: ${title}`, async ({ page, emulator, trouble }) => {
      trouble.expectStatus(502, /^\/auth\/callback/);
      await emulator.tamper(tamper);
      await page.goto("/auth/login");
      const answer = page.waitForResponse((response) => new URL(response.url()).pathname === "/auth/callback");
      await new Hosted(page).signInAs(people.ada);
      await new Problem(page).expect(await answer, 502, headings.tokensRefused);
      expect(await sessionCookie(page.context())).toBeUndefined();
      const { calls, token_calls: tokenCalls } = await emulator.state();
      expect(calls["token"]).toBe(1);
      expect(tokenCalls["refresh_token"] ?? 0).toBe(0);
    });
  }
});
