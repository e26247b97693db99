// What for: where things are, and what may be set from outside: BENCH_ROUNDS, BENCH_SECONDS, BENCH_ONLY.
// Not here: what is measured (../run.mjs).

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../..", import.meta.url));
export const bench = `${repository}bench/`;

/** What a run leaves behind: results, logs, databases. */
export const output = `${repository}target/bench/`;

/** The release binary (scripts/build.sh). APP_BINARY names another build. */
export const application = process.env.APP_BINARY ?? `${repository}target/release/leptos-scalekit`;

/** What scripts/bench.sh compiles of ../Cargo.toml. */
export const tool = (name) => `${output}cargo/release/${name}`;

const number = (name, usual) => {
  const value = Number(process.env[name] ?? usual);
  if (!(value > 0)) throw new Error(`${name} must be a number above zero.`);
  return value;
};

/** How often everything is measured; medians and ranges are of these. */
export const rounds = Math.round(number("BENCH_ROUNDS", 5));

/** How long a server is under load each time. */
export const seconds = number("BENCH_SECONDS", 4);

/** What can be measured, in this order. */
const MEASURES = ["bytes", "dashboard", "signin", "storm", "latency", "start", "replicas", "hydration", "routes"];

/** Only when it is asked for: no limit depends on it. */
const OPTIONAL = ["routes"];

const chosen = (process.env.BENCH_ONLY ?? "").split(/[\s,]+/).filter((name) => name !== "");
for (const name of chosen) {
  if (!MEASURES.includes(name)) throw new Error(`BENCH_ONLY: there is no measure ${name}. There are: ${MEASURES.join(" ")}`);
}

/** Whether a measure is wanted: `BENCH_ONLY="storm latency"`, else all but the optional ones are. */
export const wanted = (name) => (chosen.length === 0 ? !OPTIONAL.includes(name) : chosen.includes(name));

export const SERVERS_CORE = 0;
export const LOAD_CORE = 1;

/** Whether servers can have a core for themselves; everything else is on the second one then, as scripts/bench.sh starts it. */
const canPin = (core) => spawnSync("taskset", ["--cpu-list", String(core), "true"]).status === 0;
export const isPinned = [SERVERS_CORE, LOAD_CORE].every(canPin);

export const pinned = (core, command) => (isPinned ? ["taskset", "--cpu-list", String(core), ...command] : command);
