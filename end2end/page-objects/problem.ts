// Pages that explain what went wrong, the callback's above all.

import { expect, type Locator, type Page, type Response } from "@playwright/test";

export class Problem {
  readonly heading: Locator;
  /** The page's one primary action. */
  readonly tryAgain: Locator;

  constructor(page: Page) {
    const main = page.getByRole("main");
    this.heading = main.getByRole("heading", { level: 1 });
    this.tryAgain = main.getByRole("link", { name: /^(Try|Sign in) again$/ });
  }

  /** The answer had this status and the page explains it under this heading. */
  async expect(answer: Response | null, status: number, heading: string): Promise<void> {
    expect(answer?.status()).toBe(status);
    await expect(this.heading).toHaveText(heading);
  }
}

/** The headings of src/error.rs that tests meet. */
export const headings = {
  noAttempt: "This sign-in can't be continued",
  malformed: "The sign-in answer can't be read",
  cancelled: "Sign-in was cancelled",
  loginRequired: "You need to sign in",
  provider: "The sign-in service reported a problem",
  tokensRefused: "The sign-in could not be verified",
  organizationNotFound: "No sign-in method was found",
  notAllowed: "Your account can't sign in here",
  unreachable: "The sign-in service is not answering",
  unavailable: "Temporarily unavailable",
  notFound: "There is no page here",
} as const;
