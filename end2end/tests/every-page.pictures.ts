import { test } from "../fixtures.ts";
import { everyPage } from "../support/every-page.ts";
import { hydrated } from "../support/hydration.ts";
import { screenshots } from "../support/paths.ts";

// Every animation has ended before the picture is taken.
test.use({ contextOptions: { reducedMotion: "reduce" } });

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [390, 1280]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: width < 600 ? 844 : 800 } });
      for (const one of everyPage) {
        test(one.name, async ({ page, visit, trouble }) => {
          if (one.status) trouble.expectStatus(one.status.status, one.status.path);
          await one.open(visit);
          if (one.hydrates) await hydrated(page);
          await page.screenshot({ path: `${screenshots}/${one.name}-${width}-${colorScheme}.png`, fullPage: true, animations: "disabled" });
        });
      }
    });
  }
}
