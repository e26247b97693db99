// What for: makes the fixtures beside it, of binaries of the release to upgrade from: `node make.mjs BINARY…`; README.md says
// how to build them. For each binary and each store, somebody signs in over HTTP and stays signed in, and a second sign-in is
// left at the provider's page. What the store holds then, and the browsers' cookies, are the fixtures.
// Not here: the emulator's state. What it signed can't be refreshed any more, so tests set the clock to the fixtures' time.
// Needs: Node, redis-server, redis-cli.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

/** What people and provider know the application by, in tests too. It listens at PLAIN_URL, as if behind a proxy that speaks TLS: the
 * names of cookies are those of production. */
const APP_URL = "https://localhost:39473";
const PLAIN_URL = "http://localhost:39473";
const SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const ADA = "usr_103845067215791001";

const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), "upgrade-"));
const started = [];

const pause = () => new Promise((later) => setTimeout(later, 50));

async function until(what, isSo) {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await isSo()) return;
    await pause();
  }
  throw new Error(`not in time: ${what}`);
}

const freePort = () =>
  new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });

function start(command, args, options = {}) {
  const child = spawn(command, args, { cwd: folder, stdio: "ignore", ...options });
  const ended = new Promise((end) => child.on("exit", end));
  started.push(child);
  return async () => {
    child.kill("SIGTERM");
    await ended;
  };
}

/** One request. `fetch` sends headers of its own about where it comes from. */
const send = (url, headers, form) =>
  new Promise((answered, failed) => {
    const type = form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
    const options = { method: form === undefined ? "GET" : "POST", family: 4, headers: { ...headers, ...type } };
    const sent = request(url, options, (answer) => answer.resume().on("end", () => answered(answer)));
    sent.on("error", failed).end(form);
  });

/** A browser as far as HTTP goes; nothing is followed. */
class Browser {
  cookies = new Map();

  /** Navigates, or submits a form. */
  async request(url, form) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await send(url, { "sec-fetch-site": "none", "sec-fetch-mode": "navigate", accept: "text/html", cookie }, form);
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "" || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const { location } = answer.headers;
    return { status: answer.statusCode, location: location && new URL(location, url).href.replace(APP_URL, PLAIN_URL) };
  }

  /** Begins a sign-in; answers with the address of the provider that it leads to. */
  async begin() {
    return (await this.request(`${PLAIN_URL}/auth/login?return_to=/dashboard/sessions`)).location;
  }

  async signIn(user) {
    const hosted = (await this.request(await this.begin())).location;
    let answer = await this.request(`${hosted}/person`, String(new URLSearchParams({ user })));
    while (answer.location && !answer.location.startsWith(`${PLAIN_URL}/dashboard`)) answer = await this.request(answer.location);
    if (!answer.location) throw new Error(`signing in ended with ${answer.status}`);
  }
}

/** Lets somebody sign in at the application on this store, and somebody else begin to. */
async function browse(binary, store) {
  const emulatorPort = await freePort();
  const environment = {
    PATH: process.env.PATH,
    APP_URL,
    LEPTOS_ENV: "DEV",
    LEPTOS_SITE_ADDR: `127.0.0.1:${new URL(PLAIN_URL).port}`,
    EMULATOR_PORT: String(emulatorPort),
    SESSION_STORE: store,
    SESSION_SECRET: SECRET,
    METRICS_ADDR: "off",
    RATE_LIMIT: "off",
  };
  const stop = start(binary, [], { env: environment });
  await until(`${binary} is ready`, () => fetch(`${PLAIN_URL}/readyz`).then((answer) => answer.ok, () => false));
  const [signedIn, onTheWay] = [new Browser(), new Browser()];
  await signedIn.signIn(ADA);
  const authorize = new URL(await onTheWay.begin());
  const [[name, value]] = [...onTheWay.cookies].filter(([name]) => name.startsWith("__Host-login."));
  // Counts as used, so that its activity is written.
  const { status } = await signedIn.request(`${PLAIN_URL}/dashboard`);
  if (status !== 200) throw new Error(`signed in, and yet ${status}`);
  await stop();
  return {
    session: signedIn.cookies.get("__Host-session"),
    attempt: { name, value, authorize: authorize.pathname + authorize.search },
  };
}

/** Everything in Redis as the commands that put it there, with values as base64; when keys end is left out. */
function dump(port) {
  const ask = (...words) => execFileSync("redis-cli", ["-p", String(port), "--raw", ...words]).subarray(0, -1);
  const lines = (...words) => ask(...words).toString("latin1").split("\n").filter((line) => line !== "");
  const commands = [];
  for (const key of lines("KEYS", "*").sort()) {
    const type = ask("TYPE", key).toString();
    const value = (...words) => ask(...words).toString("base64");
    if (type === "hash") {
      for (const field of lines("HKEYS", key).sort()) commands.push(["HSET", key, field, value("HGET", key, field)]);
    } else if (type === "zset") {
      // Members are names in plain letters or bytes: one at a time, by rank.
      const count = Number(ask("ZCARD", key).toString());
      for (let rank = 0; rank < count; rank += 1) {
        const score = lines("ZRANGE", key, rank, rank, "WITHSCORES").at(-1);
        commands.push(["ZADD", key, score, value("ZRANGE", key, rank, rank)]);
      }
    } else if (type === "string") {
      commands.push(["SET", key, value("GET", key)]);
    } else {
      throw new Error(`${key} is a ${type}`);
    }
  }
  return commands;
}

async function make(binaries) {
  const redisPort = await freePort();
  const stopRedis = start("redis-server", ["--port", String(redisPort), "--bind", "127.0.0.1", "--save", ""]);
  await until("Redis", () => {
    try {
      return execFileSync("redis-cli", ["-p", String(redisPort), "PING"]).toString().startsWith("PONG");
    } catch {
      return false;
    }
  });
  const database = join(folder, "sessions.db");
  const projects = {};
  for (const binary of binaries.map((path) => resolve(path))) {
    // Of one folder and one Redis: projects of several names, one after the other, as if each had always been alone.
    projects[basename(binary)] = {
      sqlite: await browse(binary, `sqlite:${database}`),
      redis: await browse(binary, `redis://127.0.0.1:${redisPort}`),
    };
  }
  if (existsSync(`${database}-wal`)) throw new Error("the file is not closed");
  writeFileSync(join(here, "sessions.db"), readFileSync(database));
  const redis = dump(redisPort).map((command) => JSON.stringify(command)).join(",\n    ");
  const fixtures = JSON.stringify({ made_at: Math.floor(Date.now() / 1000), app_url: APP_URL, secret: SECRET, projects }, null, 2);
  writeFileSync(join(here, "fixtures.json"), `${fixtures.slice(0, -2)},\n  "redis": [\n    ${redis}\n  ]\n}\n`);
  await stopRedis();
}

try {
  await make(process.argv.slice(2));
} finally {
  for (const child of started) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
}
