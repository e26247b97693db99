import { defineConfig } from "@playwright/test";
import { launchOptions } from "./support/browser.ts";

// `make screenshots`: a picture of every page, in both colour schemes, at two widths, and the one that the README shows.
export default defineConfig({
  testDir: "tests",
  testMatch: "*.pictures.ts",
  outputDir: "test-results",
  workers: 2,
  fullyParallel: false,
  timeout: 60_000,
  reporter: "list",
  use: { browserName: "chromium", launchOptions },
});
