import { expect, people, phoneUserAgent, test } from "../fixtures.ts";
import { Sessions } from "../page-objects/sessions.ts";
import { Shell } from "../page-objects/shell.ts";
import { hydrated } from "../support/hydration.ts";

/** How the browser of these tests calls itself. */
const thisBrowser = "Chrome on Linux";
const phone = "Safari on iOS";
const elsewhere = "Unknown device";

test.use({ userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36" });

test.describe("The sessions page", () => {
  test("is in the sections and shows this device first, and what is known of the others", async ({ page, emulator, signIn, signInOnPhone }) => {
    await signInOnPhone();
    await emulator.signInElsewhere(people.ada);
    await signIn(page, people.ada, "/dashboard");
    await hydrated(page);
    await new Shell(page).sessions.click();
    await expect(page).toHaveURL("/dashboard/sessions");
    const sessions = new Sessions(page);
    await expect(sessions.rows).toHaveCount(3);
    await expect(sessions.rows.first()).toContainText(thisBrowser);
    await expect(sessions.thisDevice).toHaveCount(1);
    await expect(sessions.row(phone)).toContainText("London, GB");
    await expect(sessions.row(elsewhere)).toContainText("another application");
  });

  test("says what will appear while there is only this device", async ({ page, signIn }) => {
    await signIn(page, people.ada, "/dashboard/sessions");
    const sessions = new Sessions(page);
    await sessions.expectDevices(thisBrowser);
    await expect(sessions.nothingElse).toBeVisible();
    await expect(sessions.endOthers).toBeHidden();
  });

  test("ends another device's session without a reload; that device is sent to sign in and back", async ({ page, signIn, signInOnPhone }) => {
    const theirs = await signInOnPhone();
    await signIn(page, people.ada, "/dashboard/sessions");
    await hydrated(page);
    await page.evaluate(() => Object.assign(window, { sameDocument: true }));
    const sessions = new Sessions(page);
    await sessions.expectDevices(thisBrowser, phone);
    await sessions.end(phone);
    await expect(sessions.said).toHaveText(`Signed out ${phone}.`);
    await expect(sessions.row(phone)).toBeHidden();
    await expect(sessions.nothingElse).toBeVisible();
    await expect(sessions.heading).toBeFocused();
    expect(await page.evaluate(() => "sameDocument" in window), "the page was not loaded again").toBe(true);

    await theirs.goto("/dashboard?from=phone");
    await expect(theirs).toHaveURL((url) => url.pathname === "/login" && url.searchParams.get("return_to") === "/dashboard?from=phone");
    await expect(theirs.getByRole("main")).toContainText("session has ended");
    await page.reload();
    await sessions.expectDevices(thisBrowser);
  });

  test("asks before it ends anything, and Escape or Cancel leave everything as it is", async ({ page, emulator, signIn, signInOnPhone }) => {
    await signInOnPhone();
    await signIn(page, people.ada, "/dashboard/sessions");
    await hydrated(page);
    const sessions = new Sessions(page);
    await sessions.endButton(phone).press("Enter");
    await expect(sessions.question).toContainText("signed out of this application");
    await expect(sessions.cancel).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(sessions.question).toBeHidden();
    await expect(sessions.endButton(phone)).toBeFocused();
    await sessions.endOthers.click();
    await sessions.cancel.click();
    await expect(sessions.question).toBeHidden();
    // Going on by keyboard leaves the question too: nothing is done behind it.
    await sessions.endButton(phone).press("Enter");
    await sessions.cancel.press("Tab");
    await expect(sessions.question).toBeHidden();
    await expect(sessions.endOthers).toBeFocused();
    await sessions.expectDevices(thisBrowser, phone);
    expect((await emulator.state()).live_sessions).toBe(2);
  });

  test("ends all other sessions, here and at the provider, and keeps this one", async ({ page, emulator, signIn, signInOnPhone, anotherBrowser }) => {
    const [first, second] = [await signInOnPhone(), await (await anotherBrowser()).newPage()];
    await signIn(second);
    await emulator.signInElsewhere(people.ada);
    await signIn(page, people.ada, "/dashboard/sessions");
    await hydrated(page);
    const sessions = new Sessions(page);
    await expect(sessions.rows).toHaveCount(4);
    await sessions.endAllOthers();
    await expect(sessions.said).toHaveText("All other sessions were ended.");
    await expect(sessions.nothingElse).toBeVisible();
    for (const other of [first, second]) {
      await other.goto("/dashboard");
      await expect(other).toHaveURL(/\/login\?/);
    }
    expect((await emulator.state()).live_sessions).toBe(1);
    await page.reload();
    await sessions.expectDevices(thisBrowser);
  });

  test("keeps the row and says so when ending fails; a device that is gone already is no error", async ({ page, emulator, signIn, signInOnPhone, trouble }) => {
    trouble.expectStatus(503, /^\/api\/end_session/);
    const theirs = await signInOnPhone();
    await emulator.signInElsewhere(people.ada);
    await signIn(page, people.ada, "/dashboard/sessions");
    await hydrated(page);
    const sessions = new Sessions(page);
    // Only the provider can end it, and it does not answer.
    await emulator.breakNext({ endpoint: "management", kind: "status", status: 503, times: 0 });
    await sessions.end(elsewhere);
    await expect(sessions.row(elsewhere).getByRole("alert")).toContainText("did not work");
    await emulator.repair();
    await sessions.end(elsewhere);
    await expect(sessions.row(elsewhere)).toBeHidden();

    await theirs.goto("/dashboard");
    await new Shell(theirs).signOut();
    await expect(theirs).toHaveURL(/\/logged-out(\?state=[\w-]+)?$/);
    await sessions.end(phone);
    await expect(sessions.row(phone)).toBeHidden();
  });

  test("shows nobody else's sessions, and a foreign id ends nothing", async ({ page, signIn, anotherBrowser, baseURL }) => {
    const theirs = await (await anotherBrowser()).newPage();
    await signIn(theirs, people.charles, "/dashboard/sessions");
    // What ends it stands on the page of Charles' other device.
    const another = await (await anotherBrowser({ userAgent: phoneUserAgent })).newPage();
    await signIn(another, people.charles, "/dashboard/sessions");
    const id = await another.locator('input[name="id"]').first().inputValue();
    expect(id).toMatch(/^[\w-]{22}\.[\w-]{22}$/);

    await signIn(page, people.ada, "/dashboard/sessions");
    await new Sessions(page).expectDevices(thisBrowser);
    expect((await page.request.post("/api/end_session", { headers: { origin: baseURL ?? "" }, form: { id } })).status()).toBe(200);
    await theirs.reload();
    await new Sessions(theirs).expectDevices("This device", phone);
  });

  test("says so while the provider can't be asked, and lists the sessions here all the same", async ({ page, emulator, signIn, signInOnPhone }) => {
    await signInOnPhone();
    await emulator.breakNext({ endpoint: "management", kind: "status", status: 503, times: 0 });
    await signIn(page, people.ada, "/dashboard/sessions");
    await new Sessions(page).expectDevices(thisBrowser, phone);
    await expect(page.getByRole("main")).toContainText("can't be shown right now");
  });
});

test.describe("The sessions page without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("ends one session and then all others, and says so", async ({ page, signIn, signInOnPhone, anotherBrowser }) => {
    const [first, second] = [await signInOnPhone(), await (await anotherBrowser()).newPage()];
    await signIn(second);
    await signIn(page, people.ada, "/dashboard/sessions");
    const sessions = new Sessions(page);
    await expect(sessions.rows).toHaveCount(3);
    await sessions.end(phone);
    await expect(page).toHaveURL("/dashboard/sessions?ended=1");
    await expect(sessions.said).toHaveText("The session was ended.");
    await expect(sessions.rows).toHaveCount(2);
    await sessions.endAllOthers();
    await expect(page).toHaveURL("/dashboard/sessions?ended=others");
    await expect(sessions.said).toHaveText("All other sessions were ended.");
    await sessions.expectDevices(thisBrowser);
    for (const other of [first, second]) {
      await other.goto("/dashboard");
      await expect(other).toHaveURL(/\/login\?/);
    }
  });
});
