import { expect, people, test } from "../fixtures.ts";
import { Dashboard } from "../page-objects/dashboard.ts";
import { Profile } from "../page-objects/profile.ts";
import { Shell } from "../page-objects/shell.ts";
import { hydrated } from "../support/hydration.ts";

test("While the provider is down an open page says so calmly, signs nobody out, and recovers without a reload", async ({ page, emulator, signIn, trouble }) => {
  test.slow();
  trouble.expectStatus(503, /^\/api\//);
  await emulator.change({ access_token_lifetime: 4 });
  await signIn(page, people.ada, "/dashboard");
  await hydrated(page);
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await emulator.breakNext({ endpoint: "token", grant: "refresh_token", kind: "status", status: 503, times: 0 });

  const shell = new Shell(page);
  await expect(shell.notice).toBeVisible({ timeout: 30_000 });
  await expect(shell.sessionEnded).toBeHidden();
  await expect(new Dashboard(page).greeting).toContainText("Ada");

  await emulator.change({ access_token_lifetime: 300 });
  await emulator.repair();
  await expect(shell.notice).toBeHidden({ timeout: 60_000 });
  await expect(shell.sessionEnded).toBeHidden();
  expect(await page.evaluate(() => "sameDocument" in window), "the page was not loaded again").toBe(true);
  await shell.profile.click();
  await expect(new Profile(page).name).toHaveText(people.ada.name);
  expect(await emulator.exchanges()).toBe(1);
});

test("A single failure while the access token is good is not worth a word", async ({ page, signIn, trouble }) => {
  trouble.expectStatus(503, /^\/api\/current_session/);
  await signIn(page, people.ada, "/dashboard");
  await hydrated(page);
  await page.route("**/api/current_session", (route) => route.fulfill({ status: 503, json: { Unavailable: { retry_after: 1 } } }), { times: 1 });
  const { notice } = new Shell(page);
  const notices: string[] = [];
  await page.exposeFunction("noteNotice", (text: string) => notices.push(text));
  await page.evaluate(() => {
    const note = (window as unknown as { noteNotice: (text: string) => void }).noteNotice;
    const region = document.querySelector(".session-notice");
    if (region === null) throw new Error("There is no live region.");
    new MutationObserver(() => note(region.textContent ?? "")).observe(region, { childList: true, subtree: true, characterData: true });
  });

  const again = page.waitForResponse((response) => new URL(response.url()).pathname === "/api/refresh_session");
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  expect((await again).status()).toBe(200);
  await expect(notice).toBeHidden();
  expect(notices.filter((text) => text.trim() !== "")).toEqual([]);
});
