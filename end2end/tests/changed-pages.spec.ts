// Pages that something has changed before the application could take over their islands: it draws them anew, whatever it finds.

import type { Page } from "@playwright/test";
import { expect, people, test } from "../fixtures.ts";
import { Dashboard } from "../page-objects/dashboard.ts";
import { Hosted } from "../page-objects/hosted.ts";
import { Login } from "../page-objects/login.ts";
import { Profile } from "../page-objects/profile.ts";
import { Shell } from "../page-objects/shell.ts";
import { hydrated } from "../support/hydration.ts";

/** What others do to pages, each as it runs in the page. */
const changes: [who: string, change: () => void][] = [
  [
    "a translator wraps every text",
    () => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found: Text[] = [];
      while (texts.nextNode()) found.push(texts.currentNode as Text);
      for (const text of found) {
        if (!text.data.trim() || text.parentElement?.closest("script, style")) continue;
        const font = document.createElement("font");
        text.replaceWith(font);
        font.append(text);
      }
    },
  ],
  [
    "an extension puts elements of its own into the page",
    () => {
      for (const place of document.querySelectorAll("body, header, main, form")) place.prepend(document.createElement("extension-element"));
    },
  ],
  [
    "a phone makes links of numbers",
    () => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found: Text[] = [];
      while (texts.nextNode()) found.push(texts.currentNode as Text);
      for (const text of found) {
        const digits = /\d+/.exec(text.data);
        if (!digits || text.parentElement?.closest("script, style, a")) continue;
        const number = text.splitText(digits.index);
        number.splitText(digits[0].length);
        const link = Object.assign(document.createElement("a"), { href: `tel:${digits[0]}` });
        number.replaceWith(link);
        link.append(number);
      }
    },
  ],
  [
    "a proxy strips comments",
    () => {
      const comments = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_COMMENT);
      const found: Comment[] = [];
      while (comments.nextNode()) found.push(comments.currentNode as Comment);
      for (const comment of found) comment.remove();
      document.body.normalize();
    },
  ],
  ["a blocker takes an element away", () => document.querySelector("main h1")?.remove()],
];

/** Lets the WASM of every page wait until the change has been made. */
async function changeEveryPage(page: Page, change: () => void): Promise<void> {
  await page.route(/\.wasm$/, async (route) => {
    await page.waitForFunction(() => document.readyState !== "loading");
    await page.evaluate(change);
    await route.continue();
  });
}

test.describe("When the page was changed before the application took over:", () => {
  for (const [who, change] of changes) {
    test(who, async ({ page, emulator }) => {
      await changeEveryPage(page, change);
      await page.goto("/");
      await page.locator("main").getByRole("link", { name: "Sign in", exact: true }).first().click();
      await expect(page).toHaveURL(/\/login$/);
      await hydrated(page);
      await new Login(page).begin(people.katherine);
      await new Hosted(page).signInAs(people.katherine);
      await expect(page).toHaveURL("/dashboard/profile");
      await expect(new Profile(page).person).toContainText(people.katherine.email);
      await hydrated(page);
      const shell = new Shell(page);
      await shell.dashboard.click();
      await expect(page).toHaveURL("/dashboard");
      const { roles, countdown } = new Dashboard(page);
      await expect(roles).toBeVisible();
      await hydrated(page);
      const first = await countdown.textContent();
      await expect(countdown, "the session's time runs").not.toHaveText(first ?? "");
      await page.getByRole("button", { name: "Refresh now" }).click();
      await expect(page.getByText("Not due yet")).toBeVisible();
      await shell.signOut();
      await expect(page).toHaveURL(/\/logged-out(\?state=[\w-]+)?$/);
      expect((await emulator.state()).live_sessions).toBe(0);
      // The last page's WASM may still be on its way.
      await page.unrouteAll({ behavior: "ignoreErrors" });
    });
  }
});
