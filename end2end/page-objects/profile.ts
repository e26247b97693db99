// `/dashboard/profile`.

import type { Locator, Page } from "@playwright/test";

export class Profile {
  readonly heading: Locator;
  readonly picture: Locator;
  readonly claimsToggle: Locator;
  readonly claims: Locator;

  constructor(private readonly page: Page) {
    const main = page.getByRole("main");
    this.heading = main.getByRole("heading", { level: 1 });
    this.picture = main.getByRole("img", { name: /picture/i });
    this.claimsToggle = main.getByText("What the app knows about you");
    this.claims = main.getByRole("table");
  }

  /** The value beside a term, such as "E-mail". */
  fact(term: string): Locator {
    const main = this.page.getByRole("main");
    return main.getByRole("term").filter({ hasText: term }).locator("xpath=following-sibling::dd[1]");
  }

  /** The row of a claim in the table of checked claims. */
  claim(name: string, source: "ID token" | "Access token"): Locator {
    return this.claims
      .getByRole("row")
      .filter({ has: this.page.getByRole("rowheader", { name, exact: true }) })
      .filter({ hasText: source });
  }
}
