// `/dashboard/profile`.

import type { Locator, Page } from "@playwright/test";

export class Profile {
  /** Name, e-mail address and whether it is verified. */
  readonly person: Locator;
  readonly name: Locator;
  /** Decorative, so without a role or a name. */
  readonly picture: Locator;
  readonly claimsToggle: Locator;
  private readonly claims: Locator;

  constructor(private readonly page: Page) {
    const main = page.getByRole("main");
    this.person = main.getByRole("region", { name: "You", exact: true });
    this.name = this.person.getByRole("heading", { level: 2 });
    this.picture = this.person.locator("img");
    this.claimsToggle = main.getByText("Show the checked claims");
    this.claims = main.getByRole("table");
  }

  /** The value beside a term, such as "User id". */
  fact(term: string): Locator {
    const terms = this.page.getByRole("main").getByRole("term");
    return terms.filter({ hasText: new RegExp(`^${term}$`) }).locator("xpath=following-sibling::dd[1]");
  }

  /** The row of a claim in the table of checked claims. */
  claim(name: string, source: "ID token" | "Access token"): Locator {
    return this.claims
      .getByRole("row")
      .filter({ has: this.page.getByRole("rowheader", { name, exact: true }) })
      .filter({ has: this.page.getByRole("cell", { name: source, exact: true }) });
  }
}
