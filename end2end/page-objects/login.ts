// `/login`: every way in. Also what landing, signed-out and error pages offer of it.

import type { Locator, Page } from "@playwright/test";

export class Login {
  readonly heading: Locator;
  readonly signIn: Locator;
  readonly createAccount: Locator;
  readonly workEmail: Locator;
  readonly continue: Locator;

  constructor(private readonly page: Page) {
    const main = page.getByRole("main");
    this.heading = main.getByRole("heading", { level: 1 });
    this.signIn = main.getByRole("link", { name: "Sign in", exact: true });
    this.createAccount = main.getByRole("link", { name: "Create account", exact: true });
    this.workEmail = main.getByRole("textbox", { name: "Work e-mail" });
    this.continue = main.getByRole("button", { name: "Continue" });
  }

  /** "Continue with Google" and its like. */
  social(provider: string): Locator {
    return this.page.getByRole("main").getByRole("link", { name: new RegExp(provider) });
  }
}
