// `/dashboard/sessions`.

import { expect, type Locator, type Page } from "@playwright/test";

export class Sessions {
  readonly heading: Locator;
  readonly rows: Locator;
  readonly thisDevice: Locator;
  readonly endOthers: Locator;
  /** The question that stands before every ending. */
  readonly question: Locator;
  readonly confirm: Locator;
  readonly cancel: Locator;
  /** What was done last. */
  readonly said: Locator;
  /** What stands there while no other device is signed in. */
  readonly nothingElse: Locator;

  constructor(page: Page) {
    const main = page.getByRole("main");
    const devices = main.getByRole("region", { name: "Your devices" });
    this.heading = devices.getByRole("heading", { name: "Your devices" });
    this.rows = devices.getByRole("listitem");
    this.thisDevice = this.rows.filter({ hasText: "This device" });
    this.endOthers = devices.getByRole("button", { name: "End all other sessions" });
    this.question = page.getByRole("dialog", { name: /^End .+\?/ });
    this.confirm = this.question.getByRole("button", { name: /^End / });
    this.cancel = this.question.getByRole("button", { name: "Cancel" });
    this.said = main.getByRole("status");
    this.nothingElse = devices.getByText("You are signed in on this device only.");
  }

  row(device: string): Locator {
    return this.rows.filter({ hasText: device });
  }

  /** The button in the row of a device. */
  endButton(device: string): Locator {
    return this.row(device).getByRole("button", { name: new RegExp(`^End session\\b.*${device}$`) });
  }

  async end(device: string): Promise<void> {
    await this.endButton(device).click();
    await this.confirm.click();
  }

  async endAllOthers(): Promise<void> {
    await this.endOthers.click();
    await this.confirm.click();
  }

  /** These devices are listed, this one first, and no others. */
  async expectDevices(...devices: string[]): Promise<void> {
    await expect(this.rows).toHaveCount(devices.length);
    for (const [index, device] of devices.entries()) await expect(this.rows.nth(index)).toContainText(device);
    await expect(this.rows.first()).toContainText("This device");
  }
}
