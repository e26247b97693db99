// The README's picture: the first screen of the dashboard, as Ada sees it after signing in.

import { people, test } from "../fixtures.ts";
import { hydrated } from "../support/hydration.ts";
import { readmePicture } from "../support/paths.ts";

test.use({ colorScheme: "light", viewport: { width: 1280, height: 720 }, contextOptions: { reducedMotion: "reduce" } });

test("readme", async ({ page, signIn }) => {
  await signIn(page, people.ada, "/dashboard");
  await hydrated(page);
  await page.screenshot({ path: readmePicture, animations: "disabled" });
});
