// `/login`: every way in. The links of landing and signed-out page that lead there have the same names.

import type { Locator, Page } from "@playwright/test";

export class Login {
  /** On the landing page. */
  readonly signIn: Locator;
  readonly createAccount: Locator;
  readonly workEmail: Locator;
  readonly continue: Locator;

  constructor(private readonly page: Page) {
    const main = page.getByRole("main");
    this.signIn = main.getByRole("link", { name: "Sign in", exact: true });
    this.createAccount = main.getByRole("link", { name: "Create account", exact: true });
    this.workEmail = main.getByRole("textbox", { name: "Work e-mail" });
    this.continue = main.getByRole("button", { name: "Continue", exact: true });
  }

  /** "Continue with Google" and its like. */
  social(provider: string): Locator {
    return this.page.getByRole("main").getByRole("link", { name: `Continue with ${provider}` });
  }

  /** Goes to the provider with a work e-mail address. */
  async begin({ email }: { email: string }): Promise<void> {
    await this.workEmail.fill(email);
    await this.continue.click();
  }
}
