// `/dashboard`.

import type { Locator, Page } from "@playwright/test";

export class Dashboard {
  readonly greeting: Locator;
  readonly countdown: Locator;
  readonly roles: Locator;
  readonly permissions: Locator;
  readonly nextSteps: Locator;

  constructor(page: Page) {
    const main = page.getByRole("main");
    this.greeting = main.getByRole("heading", { level: 1 });
    this.countdown = main.getByRole("timer");
    this.roles = main.getByRole("region", { name: "Roles" });
    this.permissions = main.getByRole("region", { name: "Permissions" });
    this.nextSteps = main.getByRole("region", { name: "Make it yours" });
  }
}
