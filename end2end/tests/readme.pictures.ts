// Takes the README's picture, as Ada sees it after signing in.

import { writeFileSync } from "node:fs";
import { people, test } from "../fixtures.ts";
import { hydrated } from "../support/hydration.ts";
import { describe, look, picture, words } from "../support/readme.ts";

test.use(look);

test("readme", async ({ page, signIn }) => {
  await signIn(page, people.ada, "/dashboard");
  await hydrated(page);
  writeFileSync(picture, describe(await page.screenshot({ animations: "disabled" }), await words(page)));
});
