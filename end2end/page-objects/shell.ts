// What surrounds every signed-in page: sections, person, sign-out, and the notices of the session watcher.

import type { Locator, Page } from "@playwright/test";

export class Shell {
  readonly dashboard: Locator;
  readonly profile: Locator;
  readonly signOut: Locator;
  /** Says that the session has ended; the way back in is inside. */
  readonly sessionEnded: Locator;

  constructor(page: Page) {
    const sections = page.getByRole("navigation", { name: "Sections" });
    this.dashboard = sections.getByRole("link", { name: "Dashboard" });
    this.profile = sections.getByRole("link", { name: "Profile" });
    this.signOut = page.getByRole("button", { name: "Sign out" });
    this.sessionEnded = page.getByRole("alertdialog", { name: "Your session has ended" });
  }

  /** The link in the session-ended notice. */
  get signInAgain(): Locator {
    return this.sessionEnded.getByRole("link", { name: "Sign in again" });
  }
}
