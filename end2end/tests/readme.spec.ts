// Is the README's picture still true? `make screenshots` takes it anew.

import { readFileSync } from "node:fs";
import { expect, people, test } from "../fixtures.ts";
import { hydrated } from "../support/hydration.ts";
import { description, look, picture, words } from "../support/readme.ts";

test.use(look);

test("The README's picture shows what the dashboard says", async ({ page, signIn }) => {
  await signIn(page, people.ada, "/dashboard");
  await hydrated(page);
  expect(description(readFileSync(picture)), "take it anew with `make screenshots`").toBe(await words(page));
});
