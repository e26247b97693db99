import { defineConfig } from "@playwright/test";
import { launchOptions } from "./support/browser.ts";

// `make screenshots`: a picture of every page, in both colour schemes, at two widths.
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
