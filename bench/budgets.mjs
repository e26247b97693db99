// Compares the release build with bench/budgets.toml: what browsers load, what the binary weighs, which crates are in it, how many
// instructions a dashboard costs. Prints every figure beside its budget, and fails when one is exceeded, naming what grew.
// With `--write` it writes down in crates.txt which crates there are. Not here: time, which depends on the machine (run.mjs).

import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const binary = `${root}target/release/leptos-scalekit`;
const emulatorBinary = process.env.EMULATOR_BINARY ?? `${root}target/debug/scalekit-emulator`;
const cratesFile = `${root}bench/crates.txt`;

/** Requests that callgrind counts: so many that one more or less of the server's own work is nothing. */
const COUNTED = 40;
/** Requests before, for what happens once. */
const WARM_UP = 10;

const failures = [];
const folder = mkdtempSync(`${tmpdir()}/leptos-scalekit-budgets-`);

/** As much of TOML as budgets.toml needs. */
function readBudgets() {
  const budgets = {};
  let table = "";
  for (const line of readFileSync(`${root}bench/budgets.toml`, "utf8").split("\n")) {
    const header = /^\[(.+)\]$/.exec(line);
    const value = /^(\w+) = ([\d_]+)$/.exec(line);
    if (header) table = header[1];
    else if (value) budgets[`${table}.${value[1]}`] = Number(value[2].replaceAll("_", ""));
  }
  return budgets;
}

function judge(name, measured, budget, grew = name) {
  if (budget === undefined) throw new Error(`bench/budgets.toml has no ${name}.`);
  console.log(`  ${name.padEnd(28)} ${String(measured).padStart(12)} of ${String(budget).padStart(12)}`);
  if (measured > budget) failures.push(`${grew} is ${measured - budget} over its budget (${name}).`);
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function start(command, args, env, health) {
  const child = spawn(command, args, { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...env }, stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  for (let attempt = 0; ; attempt += 1) {
    if (await fetch(health).then(({ ok }) => ok, () => false)) break;
    if (attempt > 600 || child.exitCode !== null) throw new Error(`${command} does not answer at ${health}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { pid: child.pid, stop: async () => (child.kill(), await ended) };
}

/** The application beside an emulator, perhaps inside another program. */
async function startApplication(wrapper = []) {
  const [port, emulatorPort] = [await freePort(), await freePort()];
  const [url, emulatorUrl] = [`http://localhost:${port}`, `http://localhost:${emulatorPort}`];
  const emulator = await start(emulatorBinary, ["--port", `${emulatorPort}`, "--app-url", url], { RUST_LOG: "error" }, `${emulatorUrl}/__emulator/health`);
  const env = {
    RUST_LOG: "info", LEPTOS_ENV: "DEV", LEPTOS_SITE_ADDR: `127.0.0.1:${port}`, APP_URL: url, METRICS_ADDR: "off", RATE_LIMIT: "off",
    SCALEKIT_ENVIRONMENT_URL: emulatorUrl, SCALEKIT_CLIENT_ID: "skc_emulator", SCALEKIT_CLIENT_SECRET: "test_emulator_secret",
    SESSION_STORE: "memory:", SESSION_SECRET: randomBytes(32).toString("base64"), TOKIO_WORKER_THREADS: "1",
  };
  const [command, ...args] = [...wrapper, binary];
  const application = await start(command, args, env, `http://127.0.0.1:${port}/healthz`).catch(async (error) => {
    await emulator.stop();
    throw error;
  });
  return { url, pid: application.pid, stop: async () => (await application.stop(), await emulator.stop()) };
}

/** A request as a browser's navigation: `fetch` says of itself that it is none. Nothing is followed. */
function ask(url, { method = "GET", headers = {}, body = "" } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { accept: "text/html", ...headers } }, async (answer) => {
      let text = "";
      for await (const chunk of answer) text += chunk;
      resolve({ url: `${url}`, status: answer.statusCode, headers: answer.headers, text });
    });
    sent.once("error", reject).end(body);
  });
}

/** Signs the first seeded person in; answers with the session's cookie. */
async function signIn(url) {
  const jar = new Map();
  const go = async (address, options = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await ask(address, { ...options, headers: { cookie, ...options.headers } });
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      jar.set(name, value);
    }
    return answer;
  };
  const next = (answer) => new URL(answer.headers.location, answer.url);
  let answer = await go(next(await go(`${url}/auth/login?return_to=/dashboard`)));
  while (answer.status >= 300 && answer.status < 400) answer = await go(next(answer));
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const chosen = { method: "POST", headers, body: `user=${/usr_\d+/.exec(answer.text)[0]}` };
  await go(next(await go(`${answer.url}/person`, chosen)));
  const [session] = [...jar].filter(([name]) => name.startsWith("session."));
  return session.join("=");
}

/** What a browser loads for this page beside its HTML, by kind, and each file. */
async function weigh(url, path) {
  const html = await (await fetch(url + path)).text();
  const files = new Set([...html.matchAll(/(?:href|src|data-script|data-wasm)="(\/[^"]+\.(?:js|wasm))"/g)].map((match) => match[1]));
  const kinds = { wasm: 0, script: 0 };
  for (const file of files) {
    // `curl` would do too: fetch would unpack what it gets.
    const name = file.replace(/\.[\w-]{8,}\.(js|wasm)$/, ".$1");
    const bytes = statSync(`${root}target/site${name}.br`).size;
    kinds[file.endsWith(".wasm") ? "wasm" : "script"] += bytes;
    console.log(`    ${name.padEnd(34)} ${String(bytes).padStart(8)}`);
  }
  return kinds;
}

/** The crates of others that a half is built of, without versions. */
function cratesOf(args) {
  const tree = execFileSync("cargo", ["tree", "--quiet", "-p", "leptos-scalekit", "-e", "normal", "--prefix", "none", "--no-default-features", ...args], { cwd: root, encoding: "utf8" });
  return [...new Set(tree.split("\n").filter((line) => !/\((\/|http)/.test(line)).map((line) => line.split(" ")[0]).filter(Boolean))].sort();
}

function hasValgrind() {
  try {
    execFileSync("valgrind", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function countInstructions() {
  const out = `${folder}/callgrind`;
  const application = await startApplication(["valgrind", "--quiet", "--tool=callgrind", `--callgrind-out-file=${out}`]);
  try {
    const cookie = await signIn(application.url);
    const dashboards = async (count) => {
      for (let number = 0; number < count; number += 1) {
        const answer = await ask(`${application.url}/dashboard`, { headers: { cookie } });
        if (answer.status !== 200 || !answer.text.includes("Make it yours")) throw new Error(`The dashboard answered ${answer.status}.`);
      }
    };
    await dashboards(WARM_UP);
    execFileSync("callgrind_control", ["-z", `${application.pid}`], { stdio: "ignore" });
    await dashboards(COUNTED);
    execFileSync("callgrind_control", ["-d", `${application.pid}`], { stdio: "ignore" });
  } finally {
    await application.stop();
  }
  const dump = readdirSync(folder).filter((name) => /^callgrind\.\d+$/.test(name)).sort()[0];
  const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(`${folder}/${dump}`, "utf8"))[1];
  return Math.round(Number(total) / COUNTED);
}

const budgets = readBudgets();
try {
  const application = await startApplication();
  try {
    for (const [kind, path] of [["page.with-islands", "/login"], ["page.without-islands", "/"]]) {
      console.log(`  ${path}`);
      const { wasm, script } = await weigh(application.url, path);
      judge(`${kind}.wasm`, wasm, budgets[`${kind}.wasm`], `The WASM of ${path}`);
      judge(`${kind}.script`, script, budgets[`${kind}.script`], `The script of ${path}`);
    }
  } finally {
    await application.stop();
  }
  judge("binary.bytes", statSync(binary).size, budgets["binary.bytes"]);
  const halves = {
    browser: cratesOf(["--features", "hydrate", "--target", "wasm32-unknown-unknown"]),
    server: cratesOf(["--features", "ssr"]),
  };
  if (process.argv.includes("--write")) {
    const lines = Object.entries(halves).flatMap(([half, names]) => names.map((name) => `${half} ${name}`));
    writeFileSync(cratesFile, `${lines.join("\n")}\n`);
  }
  const known = new Set(existsSync(cratesFile) ? readFileSync(cratesFile, "utf8").split("\n") : []);
  for (const [half, names] of Object.entries(halves)) {
    const added = names.filter((name) => !known.has(`${half} ${name}`));
    if (added.length > 0) failures.push(`The ${half}'s half is built of more crates: ${added.join(", ")}. docs/dependencies.md says what each is for; then \`make crates\`.`);
    judge(`crates.${half}`, names.length, budgets[`crates.${half}`], `The ${half}'s half: ${added.join(", ") || "one of its crates"}`);
  }
  if (hasValgrind()) judge("dashboard.instructions", await countInstructions(), budgets["dashboard.instructions"], "A dashboard's work");
  else console.log("  dashboard.instructions       not counted: there is no valgrind");
} finally {
  rmSync(folder, { recursive: true });
}
for (const failure of failures) console.error(`\u001b[1;31merror:\u001b[0m ${failure}`);
process.exitCode = failures.length > 0 ? 3 : 0;
