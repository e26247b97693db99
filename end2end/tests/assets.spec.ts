// The site's files as the release binary serves them, which holds them inside.

import { expect, test } from "../fixtures.ts";

const linked = /(?:href|src)="(\/[^"]+\.(?:css|js|wasm|svg))"/g;

test.describe("The site's files", () => {
  test("are linked by names that never change, and kept for ever", async ({ page }) => {
    const html = await (await page.request.get("/login")).text();
    const links = [...new Set([...html.matchAll(linked)].map((match) => match[1]!))];
    const kinds: Record<string, string> = {
      css: "text/css; charset=utf-8",
      js: "text/javascript; charset=utf-8",
      wasm: "application/wasm",
      svg: "image/svg+xml",
    };
    expect(new Set(links.map((link) => link.split(".").at(-1)))).toEqual(new Set(Object.keys(kinds)));
    for (const link of links) {
      const answer = await page.request.get(link, { headers: { "accept-encoding": "br" } });
      expect(answer.status(), link).toBe(200);
      expect(answer.headers()["cache-control"], link).toBe("public, max-age=31536000, immutable");
      expect(answer.headers()["content-type"], link).toBe(kinds[link.split(".").at(-1)!]);
      expect(answer.headers()["content-encoding"], link).toBe("br");
      expect(answer.headers()["vary"], link).toBe("accept-encoding");
      const again = await page.request.get(link, { headers: { "accept-encoding": "br", "if-none-match": answer.headers()["etag"]! } });
      expect(again.status(), link).toBe(304);
      const head = await page.request.head(link, { headers: { "accept-encoding": "br" } });
      expect([head.status(), head.headers()["etag"], (await head.body()).length], link).toEqual([200, answer.headers()["etag"], 0]);
    }
  });

  test("are asked for again under their plain names, and never in parts", async ({ page }) => {
    const whole = await page.request.get("/page.js");
    expect(whole.headers()["cache-control"]).toBe("no-cache");
    const part = await page.request.get("/page.js", { headers: { range: "bytes=0-9" } });
    expect(part.status()).toBe(200);
    expect(await part.text()).toBe(await whole.text());
  });

  test("are all there is", async ({ page }) => {
    for (const path of [
      "/page.js.br", "/page.js.gz", "/pkg/", "/pkg", "/pkg/leptos-scalekit.d.ts", "/pkg/..%2fpage.js", "/%2e%2e/Cargo.toml", "/..%5cCargo.toml",
      "/hash.txt", "/Leptos.toml", "/pkg/leptos-scalekit.AAAAAAAAAAAAAAAA.css",
    ]) {
      const answer = await page.request.get(path);
      expect(answer.status(), path).toBe(404);
      expect(answer.headers()["cache-control"], path).toBe("no-store, no-transform");
    }
    expect((await page.request.post("/page.js")).status()).toBeGreaterThanOrEqual(400);
  });
});
