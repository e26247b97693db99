import { expect, people, test } from "../fixtures.ts";
import { Hosted } from "../page-objects/hosted.ts";
import { Login } from "../page-objects/login.ts";

test.describe("The return path", () => {
  for (const wanted of ["/dashboard", "/dashboard/profile?tab=ids&x=%2F&y=1+2&u=https%3A%2F%2Fx.example%2F", "/dashboard?q=%C3%A9&q=&%F0%9F%8E%89"]) {
    test(`of the deep link ${wanted} is kept exactly`, async ({ page, baseURL }) => {
      await page.goto(wanted);
      await expect(page).toHaveURL((url) => url.pathname === "/login" && url.searchParams.get("return_to") === wanted);
      await new Login(page).begin(people.ada);
      await new Hosted(page).signInAs(people.ada);
      await page.waitForURL((url) => url.pathname.startsWith("/dashboard"));
      expect(page.url()).toBe(`${baseURL}${wanted}`);
    });
  }

  test("survives creating an account, a work e-mail and a social account too", async ({ page }) => {
    await page.goto("/dashboard?from=mail");
    const login = new Login(page);
    for (const link of [login.createAccount, login.social("Google"), login.social("GitHub")]) {
      const target = new URL((await link.getAttribute("href")) ?? "", page.url());
      expect(target.searchParams.get("return_to")).toBe("/dashboard?from=mail");
    }
    await login.begin(people.katherine);
    await new Hosted(page).signInAs(people.katherine);
    await expect(page).toHaveURL("/dashboard?from=mail");
  });

  test("to another origin, in any spelling, is the default page", async ({ page, signIn, baseURL }) => {
    // Signed in at the provider, each login goes straight through.
    await signIn(page);
    const elsewhere = [
      "https://evil.example/",
      "//evil.example",
      "///evil.example",
      "/\\evil.example",
      "\\\\evil.example",
      "/\t/evil.example",
      "/\n/evil.example",
      " //evil.example",
      "javascript:alert(1)",
      "data:text/html,x",
      "/..//evil.example",
      "/.//evil.example",
      "https:evil.example",
      "http://localhost:1/",
      "//localhost:1/",
      "/\u0000/evil.example",
      "@evil.example",
      "evil.example",
    ];
    for (const spelling of elsewhere) {
      await test.step(JSON.stringify(spelling), async () => {
        await page.goto(`/auth/login?return_to=${encodeURIComponent(spelling)}`);
        expect(page.url()).toBe(`${baseURL}/dashboard/profile`);
      });
    }
  });

  test("never leads back into sign-in or into a server function", async ({ page, signIn, baseURL }) => {
    await signIn(page);
    for (const step of ["/auth/callback?code=x&state=y", "/auth/login", "/login?return_to=/dashboard", "/api/logout", "/%61pi/logout", "/x/../auth/login", "/logged-out"]) {
      await test.step(step, async () => {
        await page.goto(`/auth/login?return_to=${encodeURIComponent(step)}`);
        expect(page.url()).toBe(`${baseURL}/dashboard/profile`);
      });
    }
  });

  test("on the sign-in page does not reach its links when it is another origin", async ({ page }) => {
    await page.goto(`/login?return_to=${encodeURIComponent("//evil.example")}`);
    await new Login(page).begin(people.ada);
    await new Hosted(page).signInAs(people.ada);
    await expect(page).toHaveURL("/dashboard/profile");
  });

  test("is asked for by every protected page with an empty answer that no cache keeps", async ({ request }) => {
    for (const path of ["/dashboard", "/dashboard/profile", "/dashboard/profile?a=b"]) {
      const answer = await request.get(path, { maxRedirects: 0 });
      expect(answer.status()).toBe(302);
      expect(answer.headers()["location"]).toBe(`/login?return_to=${encodeURIComponent(path).replaceAll("%2F", "/")}`);
      expect(answer.headers()["cache-control"]).toContain("no-store");
      expect((await answer.body()).length).toBe(0);
    }
  });
});
