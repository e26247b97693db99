// The emulator's hosted pages, which stand where Scalekit's own would.

import type { Locator, Page } from "@playwright/test";
import { oneTimeCode, type Person } from "../support/emulator.ts";

export class Hosted {
  readonly email: Locator;
  readonly code: Locator;
  readonly name: Locator;
  readonly continue: Locator;
  readonly cancel: Locator;

  constructor(private readonly page: Page) {
    // The field names are part of the emulator's contract; its words may change.
    this.email = page.locator('input[name="email"]');
    this.code = page.locator('input[name="code"]');
    this.name = page.locator('input[name="name"]');
    this.continue = page.getByRole("button", { name: "Continue", exact: true });
    this.cancel = page.getByRole("button", { name: /^Cancel/ });
  }

  /** The one-click button of a seeded person. */
  person(person: Person): Locator {
    return this.page.getByRole("button", { name: `Continue as ${person.name}` });
  }

  async signInAs(person: Person): Promise<void> {
    await this.person(person).click();
  }

  /** Signs in without following the answer: the callback's URL, which the browser has not opened. */
  async answerFor(person: Person): Promise<string> {
    const options = { form: { user: person.id }, maxRedirects: 0 };
    const answer = await this.page.context().request.post(`${this.page.url()}/person`, options);
    const location = answer.headers()["location"];
    if (location === undefined) throw new Error(`The emulator answered ${answer.status()} and no address.`);
    return location;
  }

  async signInByCode(email: string, code = oneTimeCode): Promise<void> {
    await this.email.fill(email);
    await this.continue.click();
    await this.code.fill(code);
    await this.continue.click();
  }
}
