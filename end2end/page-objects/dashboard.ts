// `/dashboard`.

import type { Locator, Page } from "@playwright/test";

export class Dashboard {
  readonly greeting: Locator;
  readonly lead: Locator;
  readonly countdown: Locator;
  readonly roles: Locator;
  readonly permissions: Locator;
  private readonly nextSteps: Locator;

  constructor(page: Page) {
    const main = page.getByRole("main");
    this.greeting = main.getByRole("heading", { level: 1 });
    this.lead = main.getByText("You are signed in to");
    this.countdown = main.getByRole("timer");
    const grants = main.getByRole("region", { name: "What you may do" });
    const listBelow = (heading: string): Locator =>
      grants.getByRole("heading", { name: heading, exact: true }).locator("xpath=following-sibling::ul[1]");
    this.roles = listBelow("Roles");
    this.permissions = listBelow("Permissions");
    this.nextSteps = main.getByRole("region", { name: "Make it yours" });
  }

  nextStep(title: string): Locator {
    return this.nextSteps.getByRole("listitem").filter({ hasText: title });
  }
}
