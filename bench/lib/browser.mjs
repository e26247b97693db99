// What for: what a browser loads of scripts and WASM on its first visit, and when a page has come to life, in Chromium through
// the Playwright of end2end/.
// Not here: whether pages work (end2end/tests).

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { request } from "./http.mjs";
import { MARKER, OURS, PEERS } from "./servers.mjs";
import { repository, rounds } from "./settings.mjs";

const { chromium } = createRequire(`${repository}end2end/package.json`)("playwright-core");

/** A page has nothing more to load when nothing has come for so long; milliseconds. */
const QUIET = 1500;

/** A middling telephone on a slow network: Lighthouse's "Slow 4G" as the browser's own tools apply it. */
const PROCESSOR_SLOWDOWN = 4;
const NETWORK = { offline: false, latency: 562, downloadThroughput: 1.44e6 / 8, uploadThroughput: 0.675e6 / 8 };

const HYDRATION_MILLISECONDS = 60_000;

/** `BROWSER_PATH`, else what scripts/setup.sh noted, else Playwright's own; as end2end/support/browser.ts has it. */
function launch() {
  const note = `${repository}target/tools/browser`;
  const executablePath = process.env.BROWSER_PATH || (existsSync(note) ? readFileSync(note, "utf8").trim() : "") || undefined;
  const quiet = ["gpu", "quic", "background-networking", "component-update", "sync"].map((what) => `--disable-${what}`);
  // Chromium's sandbox refuses to work for root, as which containers run.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args: [...sandbox, "--no-first-run", ...quiet] });
}

const isCode = (type) => /javascript|ecmascript|wasm/.test(type ?? "");

/** Opens a page in a browser that has never been there; answers with the bytes of all scripts and WASM as served to it. */
async function codeOf(browser, server, path, marker) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const addresses = new Set();
  context.on("response", async (response) => {
    if (isCode(response.headers()["content-type"])) addresses.add(response.url());
  });
  await page.goto(`${server.url}${path}`, { waitUntil: "load" });
  let seen;
  do {
    seen = addresses.size;
    await page.waitForTimeout(QUIET);
  } while (seen !== addresses.size);
  if (!(await page.content()).includes(marker)) throw new Error(`${server.name}${path} is not what it should be.`);
  await context.close();
  let bytes = 0;
  for (const address of addresses) {
    const { port, pathname, search } = new URL(address);
    // What browsers accept; answered as a file, so the length is that of what travels.
    const asked = { "sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" };
    const headers = { accept: "*/*", "accept-encoding": "gzip, deflate, br, zstd", ...asked };
    const { status, body } = await request({ port: Number(port), path: pathname + search, headers });
    if (status !== 200) throw new Error(`${address} answers ${status} outside the browser.`);
    bytes += body.length;
  }
  return bytes;
}

/** @param {import("./world.mjs").World} world */
export async function measureBytes({ servers, samples, say }) {
  say("What browsers load");
  const browser = await launch();
  for (const server of servers) {
    if (![OURS, ...PEERS].includes(server.name)) continue;
    // A sign-in ends at the dashboard.
    samples.add("code of the dashboard", server.name, await codeOf(browser, server, server.what.signIn, MARKER));
    samples.add("code of a still page", server.name, await codeOf(browser, server, "/logged-out", "</h1>"));
    samples.add("code of an error page", server.name, await codeOf(browser, server, "/no/such/page", "</h1>"));
  }
  await browser.close();
}

/** Runs in the page, before anything of it: notes when it has come to life. */
function noteHydration() {
  const note = () => (window.hydratedAfter ??= performance.now());
  // Ours: what runs when the module is there is done two tasks later (end2end/support/hydration.ts).
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = (...args) => {
      const ready = original(...args);
      ready.then(() => setTimeout(() => setTimeout(note)), () => {});
      return ready;
    };
  }
  // React marks an element when it has taken it over, and this one is part of a client component.
  const look = setInterval(() => {
    const element = document.getElementById("sign-out");
    if (element && Object.keys(element).some((key) => key.startsWith("__reactProps$"))) {
      note();
      clearInterval(look);
    }
  }, 5);
}

/** @param {import("./world.mjs").World} world */
export async function measureHydration({ servers, samples, say }) {
  const browser = await launch();
  for (let round = 1; round <= rounds; round += 1) {
    say(`Pages that come to life, round ${round} of ${rounds}`);
    for (const server of servers) {
      if (![OURS, "Next.js"].includes(server.name)) continue;
      const context = await browser.newContext();
      const pairs = (await server.signedIn()).split("; ").map((pair) => /^([^=]+)=(.*)$/.exec(pair));
      await context.addCookies(pairs.map(([, name, value]) => ({ name, value, url: server.url })));
      await context.addInitScript(noteHydration);
      const page = await context.newPage();
      const tools = await context.newCDPSession(page);
      await tools.send("Network.enable");
      await tools.send("Network.emulateNetworkConditions", NETWORK);
      await tools.send("Emulation.setCPUThrottlingRate", { rate: PROCESSOR_SLOWDOWN });
      await page.goto(`${server.url}/dashboard`, { waitUntil: "commit", timeout: HYDRATION_MILLISECONDS });
      await page.waitForFunction(() => window.hydratedAfter !== undefined, undefined, { timeout: HYDRATION_MILLISECONDS });
      samples.add("hydrated after", server.name, await page.evaluate(() => window.hydratedAfter));
      await context.close();
    }
  }
  await browser.close();
}
