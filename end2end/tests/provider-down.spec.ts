import { expect, type Fault, people, test } from "../fixtures.ts";
import { Hosted } from "../page-objects/hosted.ts";
import { headings, Problem } from "../page-objects/problem.ts";
import { Shell } from "../page-objects/shell.ts";
import { Login } from "../page-objects/login.ts";
import { Profile } from "../page-objects/profile.ts";
import { isSession } from "../support/cookies.ts";

test.describe("While the provider's token endpoint", () => {
  // The client's own patience with a silent endpoint ends well before this.
  test.slow();

  const faults: [title: string, fault: Fault][] = [
    ["answers 503", { endpoint: "token", kind: "status", status: 503 }],
    ["answers 429", { endpoint: "token", kind: "status", status: 429, retry_after: 3 }],
    ["hangs up", { endpoint: "token", kind: "drop_before" }],
    ["talks nonsense", { endpoint: "token", kind: "garbage" }],
    ["never answers", { endpoint: "token", kind: "hang" }],
  ];
  for (const [title, fault] of faults) {
    test(`${title}, sign-in says so and its retry works`, async ({ page, emulator, trouble }) => {
      trouble.expectStatus(503, /^\/auth\/callback/);
      await emulator.breakNext(fault);
      await page.goto("/auth/login?return_to=/dashboard?from=mail");
      const answer = page.waitForResponse((response) => new URL(response.url()).pathname === "/auth/callback", { timeout: 60_000 });
      await new Hosted(page).signInAs(people.ada);
      const problem = new Problem(page);
      await problem.expect(await answer, 503, headings.unreachable);
      // A code is worth one call, whatever came of it.
      expect(await emulator.exchanges()).toBe(1);
      expect((await page.context().cookies()).some(isSession)).toBe(false);

      await emulator.repair();
      await problem.tryAgain.click();
      // The provider knows the person by now and asks for nothing.
      await new Login(page).begin(people.ada);
      await expect(page).toHaveURL((url) => url.pathname.startsWith("/dashboard"));
      await expect(new Shell(page).profile).toBeVisible();
    });
  }

  test("fails, the retry has not forgotten the page that was wanted", async ({ page, emulator, trouble }) => {
    trouble.expectStatus(503, /^\/auth\/callback/);
    await emulator.breakNext({ endpoint: "token", kind: "status", status: 503 });
    await page.goto("/auth/login?return_to=/dashboard?from=mail");
    await new Hosted(page).signInAs(people.ada);
    await new Problem(page).tryAgain.click();
    await new Login(page).begin(people.ada);
    await expect(page).toHaveURL("/dashboard?from=mail");
  });

  test("is slow but answers, sign-in just takes longer", async ({ page, emulator }) => {
    await emulator.breakNext({ endpoint: "token", kind: "delay", milliseconds: 2000 });
    await page.goto("/auth/login");
    await new Hosted(page).signInAs(people.ada);
    await expect(page).toHaveURL("/dashboard/profile");
    await expect(new Profile(page).name).toHaveText(people.ada.name);
  });
});
