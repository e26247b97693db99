import { expect, test } from "../fixtures.ts";
import { Login } from "../page-objects/login.ts";
import { isSession, sessionName } from "../support/cookies.ts";

const plausible = "A".repeat(43);

test.describe("A session cookie that is not ours", () => {
  // As if the name were `session`; each test puts the application's own in its place.
  const headers: [title: string, cookie: string][] = [
    ["well-formed but unknown", `session=${plausible}`],
    ["empty", "session="],
    ["too short", "session=abc"],
    ["too long", `session=${"a".repeat(8000)}`],
    ["quoted", `session="${plausible}"`],
    ["percent-encoded", "session=%41%42"],
    ["with an encoded name", `%73ession=${plausible}`],
    ["doubled", `session=${plausible}; session=${"B".repeat(43)}`],
    ["without a value", "session"],
    ["beside bytes of another alphabet", `caf\u00e9=\u00ff; session=${plausible}`],
    ["a token of somebody's", "session=aaaa.bbbb.cccc"],
  ];
  for (const [title, header] of headers) {
    test(`${title}: makes its bearer anonymous, never a fault`, async ({ request, emulator, baseURL }) => {
      const cookie = header.replaceAll("ession", sessionName(baseURL ?? "").slice(1));
      expect((await request.get("/", { headers: { cookie } })).status()).toBe(200);
      const page = await request.get("/dashboard", { headers: { cookie }, maxRedirects: 0 });
      expect(page.status()).toBe(302);
      expect(page.headers()["location"]).toMatch(/^\/login\?return_to=\/dashboard/);
      const state = await request.post("/api/current_session", { headers: { cookie, origin: baseURL ?? "" } });
      expect(state.status()).toBe(200);
      expect(await state.json()).toMatchObject({ session: null });
      const refreshed = await request.post("/api/refresh_session", { headers: { cookie, origin: baseURL ?? "" } });
      expect(refreshed.status()).toBe(401);
      expect((await emulator.state()).token_calls).toEqual({});
    });
  }

  test("is replaced by signing in", async ({ page, context, signIn, baseURL }) => {
    await context.addCookies([{ name: sessionName(baseURL ?? ""), value: "not-a-session", url: baseURL ?? "" }]);
    await page.goto("/");
    await expect(new Login(page).signIn).toBeVisible();
    await signIn(page);
    const cookies = (await context.cookies(page.url())).filter(isSession);
    expect(cookies).toHaveLength(1);
    expect(cookies[0]?.value).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});
