import { readFileSync, statSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { appBinary, emulatorBinary } from "../support/paths.ts";

test("The program that is deployed has no emulator inside", () => {
  const mark = "The emulator sends no mail";
  expect(readFileSync(emulatorBinary).includes(mark), "the emulator's own program has the mark").toBe(true);
  expect(readFileSync(appBinary).includes(mark)).toBe(false);
});

test("The program that is deployed, the site inside, has at most 25 MB", () => {
  expect(statSync(appBinary).size).toBeLessThanOrEqual(25_000_000);
});
