// What browsers and scanners make of the response headers. Which headers there are on every kind of answer: tests/http/headers.rs.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { expect, test } from "../fixtures.ts";
import { Login } from "../page-objects/login.ts";
import { appBinary, observatory } from "../support/paths.ts";
import { freePort, ServerProcess } from "../support/process.ts";

test.describe("The content security policy", () => {
  // Violations fail every test of this run (support/trouble.ts); these show that they would be seen.
  test("stops a script, a handler and a style that somebody got into a page", async ({ page, trouble }) => {
    await page.goto("/");
    await trouble.expectViolations(["script-src-attr", "script-src-elem", "style-src-elem"], () =>
      page.evaluate(() => {
        const script = document.createElement("script");
        script.textContent = "window.injected = true";
        const style = document.createElement("style");
        style.textContent = "body { display: none }";
        document.body.append(script, style);
        document.body.setAttribute("onclick", "window.injected = true");
        document.body.click();
      }),
    );
    expect(await page.evaluate(() => "injected" in window)).toBe(false);
    await expect(page.getByRole("main")).toBeVisible();
  });

  test("stops a form that somebody got into a page", async ({ page, trouble }) => {
    await page.goto("/login");
    await trouble.expectViolations(["form-action"], () =>
      page.evaluate(() => {
        const form = document.createElement("form");
        form.action = "https://evil.example/";
        document.body.append(form);
        form.submit();
      }),
    );
    // Playwright still waits for the navigation that was refused.
    expect(await page.evaluate(() => location.pathname)).toBe("/login");
  });

  test("lets a work e-mail go on to any identity provider, with scripts and without", async ({ page, anotherBrowser, emulator }) => {
    // Scalekit redirects at once to the identity provider of the address's organization, on an origin that no policy can name.
    const identityProvider = createServer((_, answer) => answer.end("The identity provider of a customer"));
    await new Promise<void>((resolve) => identityProvider.listen(0, "127.0.0.1", resolve));
    const address = identityProvider.address();
    if (address === null || typeof address === "string") throw new Error("The system gave no port.");
    const elsewhere = `http://127.0.0.1:${address.port}/saml`;
    try {
      const withoutScripts = await (await anotherBrowser({ javaScriptEnabled: false })).newPage();
      for (const one of [page, withoutScripts]) {
        await one.route(`${emulator.url}/oauth/authorize*`, (route) => route.fulfill({ status: 302, headers: { location: elsewhere } }));
        await one.goto("/login");
        await new Login(one).begin({ email: "somebody@customer.example" });
        await expect(one).toHaveURL(elsewhere);
        await expect(one.getByText("The identity provider of a customer")).toBeVisible();
      }
    } finally {
      await new Promise((resolve) => identityProvider.close(resolve));
    }
  });
});

test.describe("MDN's HTTP Observatory", () => {
  // As in production: https, and a Scalekit environment, which nobody asks anything here.
  test("gives A+ with every point but those for the preload list", async () => {
    const folder = mkdtempSync(`${tmpdir()}/observatory-`);
    const [certificate, key] = [`${folder}/certificate.pem`, `${folder}/key.pem`];
    execFileSync("openssl", [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
      "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
    ], { stdio: "ignore" });
    const port = await freePort();
    const app = await ServerProcess.start({
      name: "The application over https",
      binary: appBinary,
      args: [],
      cwd: folder,
      env: {
        LEPTOS_ENV: "PROD",
        LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
        // Under the name of a loopback address browsers are told nothing for two years.
        APP_URL: "https://app.example.com",
        TLS_CERTIFICATE_FILE: certificate,
        TLS_KEY_FILE: key,
        SCALEKIT_ENVIRONMENT_URL: "https://acme.scalekit.dev",
        SCALEKIT_CLIENT_ID: "skc_1234567890",
        SCALEKIT_CLIENT_SECRET: "test_observatory_secret",
        SESSION_STORE: `sqlite:${folder}/sessions.db`,
        SESSION_SECRET: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64"),
        METRICS_ADDR: "off",
      },
      log: `${folder}/app.log`,
      health: async () => spawnSync("openssl", ["s_client", "-connect", `127.0.0.1:${port}`], { input: "" }).status === 0,
    });
    try {
      const scan = (path: string) => {
        const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate };
        return JSON.parse(execFileSync(process.execPath, ["scan.mjs", String(port), path], { cwd: observatory, env, encoding: "utf8" }));
      };
      // The latter sets a cookie, which is worth points too.
      for (const [path, bonus] of [["/", 35], ["/auth/login?by=form", 40]] as const) {
        const { status, verified, score, grade, tests } = scan(path);
        expect({ status, verified, score, grade }, JSON.stringify(tests, null, 2)).toEqual({ status: 200, verified: true, score: 100 + bonus, grade: "A+" });
        expect(Object.values<{ pass: boolean }>(tests).every(({ pass }) => pass), JSON.stringify(tests, null, 2)).toBe(true);
      }
    } finally {
      await app.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
