import { expect, people, test, type Emulator } from "../fixtures.ts";
import { Dashboard } from "../page-objects/dashboard.ts";
import { headings, Problem } from "../page-objects/problem.ts";
import { Profile } from "../page-objects/profile.ts";
import { Shell } from "../page-objects/shell.ts";
import { hydrated } from "../support/hydration.ts";

/** Seconds. */
const LIFETIME = 5;

/** Waits until every access token issued so far has ended by the provider's clock, which is the machine's. */
async function accessTokensHaveEnded(emulator: Emulator, lifetime: number): Promise<void> {
  const { now } = await emulator.state();
  await expect.poll(async () => (await emulator.state()).now, { timeout: (lifetime + 5) * 1000 }).toBeGreaterThan(now + lifetime);
}

test.describe("A signed-in person", () => {
  test("stays signed in for a minute of use on access tokens of five seconds, with one refresh for each", async ({ page, emulator, signIn }) => {
    test.setTimeout(120_000);
    await emulator.change({ access_token_lifetime: LIFETIME });
    await signIn(page, people.ada, "/dashboard");
    const began = Date.now();
    const shell = new Shell(page);
    const profile = new Profile(page);
    const dashboard = new Dashboard(page);
    const visited: string[] = [];
    page.on("framenavigated", (frame) => visited.push(new URL(frame.url()).pathname));
    let idleMilliseconds = 0;

    for (let round = 0; Date.now() - began < 60_000; round += 1) {
      // Inside the application, then by a full page load, then idle until the open page has refreshed by itself.
      await hydrated(page);
      await shell.profile.click();
      await expect(profile.name).toHaveText(people.ada.name);
      await shell.dashboard.click();
      await expect(dashboard.greeting).toContainText("Ada");
      if (round % 2 === 0) await page.reload();
      else await page.goto("/dashboard/profile");
      const idleSince = Date.now();
      const before = await emulator.refreshes();
      await expect.poll(() => emulator.refreshes(), { timeout: 2 * LIFETIME * 1000 }).toBeGreaterThan(before);
      idleMilliseconds += Date.now() - idleSince;
    }

    await expect(shell.sessionEnded).toBeHidden();
    expect(visited.filter((path) => !path.startsWith("/dashboard")), "never sent to sign in").toEqual([]);
    // A refresh is counted when it arrives, its outcome when it is answered.
    let state = await emulator.state();
    const unanswered = async () => {
      state = await emulator.state();
      return (state.token_calls["refresh_token"] ?? 0) - (state.outcomes["token.refresh_token.ok"] ?? 0);
    };
    await expect.poll(unanswered, "refreshes that gave no token").toBe(0);
    const seconds = (Date.now() - began) / 1000;
    const refreshes = state.token_calls["refresh_token"] ?? 0;
    // At most: no token is renewed before its last second, by clocks that count whole seconds, and its answer's `expires_in` ends
    // it one second before its own `exp`; so issues are three apart.
    expect(refreshes).toBeLessThanOrEqual(Math.floor((seconds + 1) / (LIFETIME - 2)));
    // At least: an open page that is left alone asks at the end. How long pages take to load is the machine's affair.
    expect(refreshes).toBeGreaterThanOrEqual(Math.floor(idleMilliseconds / 1000 / (LIFETIME + 2)));
    // Each refresh gave a token that lived: none failed, none came twice, none beside another.
    expect(state.outcomes["token.refresh_token.ok"]).toBe(refreshes);
    expect(state.refresh_reuse).toBe(0);
    expect(state.most_open_token_calls).toBe(1);
    expect(state.token_calls["authorization_code"]).toBe(1);
  });

  test("is still signed in after the page was closed for longer than the access token lives", async ({ page, context, emulator, signIn }) => {
    await emulator.change({ access_token_lifetime: 2 });
    await signIn(page);
    await page.close();
    await accessTokensHaveEnded(emulator, 2);
    const refreshesWhileClosed = await emulator.refreshes();

    const later = await context.newPage();
    await emulator.change({ access_token_lifetime: 300 });
    const answer = await later.goto("/dashboard/profile");
    expect(answer?.status()).toBe(200);
    await expect(new Profile(later).name).toHaveText(people.ada.name);
    expect((await emulator.refreshes()) - refreshesWhileClosed).toBe(1);
  });

  test("causes one refresh when fifty requests arrive at once after the end", async ({ page, context, emulator, signIn, baseURL }) => {
    await emulator.change({ access_token_lifetime: 2 });
    await signIn(page);
    await page.close();
    await accessTokensHaveEnded(emulator, 2);
    await emulator.change({ access_token_lifetime: 300 });
    await emulator.resetCounters();
    // Slow enough for all fifty to meet the refresh under way.
    await emulator.breakNext({ endpoint: "token", kind: "delay", milliseconds: 1000 });

    const api = context.request;
    const origin = { origin: baseURL ?? "" };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, number) => {
        if (number % 5 === 0) return api.post("/api/current_session", { headers: origin });
        if (number % 5 === 1) return api.post("/api/refresh_session", { headers: origin });
        return api.get(number % 2 === 0 ? "/dashboard" : "/dashboard/profile", { maxRedirects: 0 });
      }),
    );
    expect(answers.map((answer) => answer.status())).toEqual(Array.from({ length: 50 }, () => 200));
    const state = await emulator.state();
    expect(state.token_calls).toEqual({ refresh_token: 1 });
    expect(state.refresh_reuse).toBe(0);
  });

  test("keeps the session while the provider is down, sees why nothing loads, and goes on afterwards", async ({ page, emulator, signIn, trouble }) => {
    trouble.expectStatus(503, /^\/(dashboard|api\/)/);
    await emulator.change({ access_token_lifetime: 2 });
    await signIn(page);
    await emulator.breakNext({ endpoint: "token", grant: "refresh_token", kind: "status", status: 503, times: 0 });
    await page.goto("about:blank");
    await accessTokensHaveEnded(emulator, 2);

    const problem = new Problem(page);
    await problem.expect(await page.goto("/dashboard/profile"), 503, headings.unavailable);

    await emulator.repair();
    await expect(async () => {
      // After a failure the application leaves the provider alone for a moment.
      const answer = await page.goto("/dashboard/profile");
      expect(answer?.status()).toBe(200);
    }).toPass({ timeout: 20_000 });
    await expect(new Profile(page).name).toHaveText(people.ada.name);
    expect(await emulator.exchanges()).toBe(1);
  });
});
