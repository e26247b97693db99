// What surrounds every signed-in page: sections, person, sign-out, and what the session watcher says.

import type { Locator, Page } from "@playwright/test";

export class Shell {
  readonly dashboard: Locator;
  readonly profile: Locator;
  readonly sessions: Locator;
  /** Says that the connection is troubled. */
  readonly notice: Locator;
  /** Says that the session has ended; the way back in is inside. */
  readonly sessionEnded: Locator;
  readonly signInAgain: Locator;
  private readonly menu: Locator;
  private readonly signOutButton: Locator;

  constructor(page: Page) {
    const sections = page.getByRole("navigation", { name: "Sections" });
    this.dashboard = sections.getByRole("link", { name: "Dashboard" });
    this.profile = sections.getByRole("link", { name: "Profile" });
    this.sessions = sections.getByRole("link", { name: "Sessions" });
    this.notice = page.getByRole("status").filter({ hasText: "You are still signed in" });
    this.sessionEnded = page.getByRole("dialog", { name: "Your session has ended" });
    this.signInAgain = this.sessionEnded.getByRole("link", { name: "Sign in" });
    this.menu = page.getByRole("button", { name: /^Account menu of / });
    // The sessions page has another one.
    this.signOutButton = page.locator("#user-menu").getByRole("button", { name: "Sign out" });
  }

  async signOut(): Promise<void> {
    await this.menu.click();
    await this.signOutButton.click();
  }
}
