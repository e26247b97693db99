import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "../fixtures.ts";
import { everyPage } from "../support/every-page.ts";
import { hydrated } from "../support/hydration.ts";

// Pages stand still while they are judged; motion is switched off as people can switch it off.
test.use({ contextOptions: { reducedMotion: "reduce" } });

for (const one of everyPage) {
  test.describe(`The page ${one.name}`, () => {
    test.beforeEach(({ trouble }) => {
      if (one.status) trouble.expectStatus(one.status.status, one.status.path);
    });

    test("is accessible in both colour schemes, has a heading, a title and a main part, and fits 320 pixels", async ({ page, visit }) => {
      await one.open(visit);
      if (one.hydrates) await hydrated(page);
      await expect(page.getByRole("main")).toHaveCount(1);
      await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
      await expect(page).toHaveTitle(/\S/);
      // Dark is another matter of colours only. By name: their tag has rules that are off, such as a contrast of 7:1.
      const schemes = { light: new AxeBuilder({ page }), dark: new AxeBuilder({ page }).withRules(["color-contrast", "link-in-text-block"]) } as const;
      for (const colorScheme of ["light", "dark"] as const) {
        await test.step(colorScheme, async () => {
          await page.emulateMedia({ colorScheme });
          const { violations } = await schemes[colorScheme].analyze();
          const found = violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.html) }));
          expect.soft(found, `axe, ${colorScheme}`).toEqual([]);
        });
      }
      await test.step("320 pixels", async () => {
        await page.setViewportSize({ width: 320, height: 640 });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width, "nothing to scroll sideways").toBeLessThanOrEqual(320);
      });
    });

    if (!one.hydrates) return;
    test("does not jump when the application takes it over", async ({ page, visit }) => {
      await one.open(visit);
      // Once more, with the WASM held back until everything else has been measured.
      let release = (): void => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      await page.route("**/*.wasm", async (route) => {
        await held;
        await route.continue();
      });
      const wanted = page.waitForRequest("**/*.wasm");
      if (one.status) await page.reload({ waitUntil: "domcontentloaded" });
      else await page.goto(page.url(), { waitUntil: "domcontentloaded" });
      await wanted;
      await page.evaluate(() => document.fonts.ready);
      await expect.poll(() => page.evaluate(() => [...document.images].every((image) => image.complete))).toBe(true);
      const before = await page.evaluate(boxes);
      release();
      await hydrated(page);
      expect(await page.evaluate(boxes)).toEqual(before);
      expect(await page.evaluate(layoutShift), "cumulative layout shift").toBeLessThan(0.001);
      await page.unrouteAll({ behavior: "wait" });
    });
  });
}

/** Place and size of everything that has a place of its own, in whole pixels. Runs in the page. */
function boxes(): string[] {
  const elements = document.querySelectorAll("header, nav, main, footer, section, article, form, h1, h2, h3, p, ul, dl, dd, table, a, button, input, img");
  return [...elements]
    .filter((element) => element.checkVisibility())
    .map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return `${element.tagName} ${[x, y, width, height].map(Math.round).join(" ")}`;
    });
}

/** The browser's own measure of how much has jumped since the page began. Runs in the page. */
function layoutShift(): Promise<number> {
  return new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
    // Buffered entries are delivered before the second frame.
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
  });
}
