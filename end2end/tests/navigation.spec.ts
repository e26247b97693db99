import { expect, people, test } from "../fixtures.ts";
import { Dashboard } from "../page-objects/dashboard.ts";
import { headings, Problem } from "../page-objects/problem.ts";
import { Profile } from "../page-objects/profile.ts";
import { Shell } from "../page-objects/shell.ts";

test.describe("Moving about", () => {
  test("between signed-in pages marks the place, and each page passes the guard", async ({ signedIn: page, emulator }) => {
    const shell = new Shell(page);
    await shell.dashboard.click();
    await expect(new Dashboard(page).greeting).toContainText("Ada");
    await expect(shell.dashboard).toHaveAttribute("aria-current", "page");
    await shell.profile.click();
    await expect(new Profile(page).name).toHaveText(people.ada.name);
    await expect(shell.profile).toHaveAttribute("aria-current", "page");
    await emulator.endSessions();
    await expect.poll(async () => (await page.request.get("/dashboard", { maxRedirects: 0 })).status()).toBe(302);
    await page.goto("/dashboard");
    await expect(page).toHaveURL(/\/login\?/);
  });

  test("with the keyboard begins with a link that skips to the content", async ({ signedIn: page }) => {
    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: /skip/i });
    await expect(skip).toBeFocused();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.querySelector("main")?.contains(document.activeElement))).toBe(true);
  });

  test("to a page that does not exist is a 404 with a way on", async ({ page, trouble }) => {
    trouble.expectStatus(404, /^\/no\/such\/page/);
    const answer = await page.goto("/no/such/page");
    await new Problem(page).expect(answer, 404, headings.notFound);
    await page.getByRole("main").getByRole("link", { name: "Start page" }).click();
    await expect(page).toHaveURL("/");
  });

  test("from the landing page leads a signed-in person to their dashboard", async ({ signedIn: page }) => {
    await page.goto("/");
    await page.getByRole("banner").getByRole("link", { name: "Dashboard" }).click();
    await expect(page).toHaveURL("/dashboard");
  });
});
