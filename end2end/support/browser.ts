// The browser that the tests drive, for both Playwright configurations.

import { existsSync, readFileSync } from "node:fs";
import { browserNote } from "./paths.ts";

/** `BROWSER_PATH`, else what scripts/setup.sh noted, else Playwright's own browser. */
function executablePath(): string | undefined {
  const noted = existsSync(browserNote) ? readFileSync(browserNote, "utf8").trim() : "";
  return process.env["BROWSER_PATH"] || noted || undefined;
}

const path = executablePath();

export const launchOptions = {
  ...(path === undefined ? {} : { executablePath: path }),
  args: [
    // Chromium's sandbox refuses to work for root, as which containers run.
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};
