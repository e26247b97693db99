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
  await shell.profile.click();
  await expect(new Profile(page).name).toHaveText(people.ada.name);
  expect(await page.evaluate(() => "sameDocument" in window), "the page was not loaded again").toBe(true);
  expect(await emulator.exchanges()).toBe(1);
});
