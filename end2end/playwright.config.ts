import { defineConfig } from "@playwright/test";
import { launchOptions } from "./support/browser.ts";

// Browser tests of the built application against the emulator. fixtures.ts starts both, for each worker its own.
export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  // Two at a time: each worker runs a browser and two servers. Files begin in the order of their names; the one with a test of a minute is
  // the first, so that nobody waits for it at the end.
  workers: 2,
  fullyParallel: false,
  // A test that passes at the second try is a defect that was seen once.
  retries: 0,
  forbidOnly: Boolean(process.env["CI"]),
  // Two busy cores take several times as long as an idle machine. Nothing waits these out unless it fails.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: "list",
  use: {
    browserName: "chromium",
    launchOptions,
    trace: "retain-on-failure",
    viewport: { width: 1280, height: 800 },
  },
  projects: [
    { name: "journeys", testMatch: "*.spec.ts", teardown: "evidence" },
    // Runs last, whatever the tests said: searches everything they made the application produce.
    { name: "evidence", testMatch: "evidence.teardown.ts" },
  ],
});
