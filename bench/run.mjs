// What for: measures what the release build costs, beside peers that do the same, and prints the table. Called by
// scripts/bench.sh, which has built everything. Any wrong answer of any server ends it: figures of a server that does not work
// are worth nothing.
// Not here: building (scripts/bench.sh), what the figures should be (lib/rows.mjs).

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { measureBytes, measureHydration } from "./lib/browser.mjs";
import { measureDashboard, measureLatency, measureRoutes } from "./lib/dashboard.mjs";
import { measureReplicas } from "./lib/replicas.mjs";
import { report } from "./lib/report.mjs";
import { rowsOf } from "./lib/rows.mjs";
import { output, wanted } from "./lib/settings.mjs";
import { measureSignIn } from "./lib/signin.mjs";
import { measureStart } from "./lib/start.mjs";
import { alone, measureStorm } from "./lib/storm.mjs";
import { World } from "./lib/world.mjs";

/** The table goes to standard output, and nothing else. */
const say = (text) => process.stderr.write(`    ${text}\n`);

if (!existsSync("/proc/self/stat")) throw new Error("Processor time is read from /proc: this needs Linux.");
for (const folder of ["data", "logs"]) {
  rmSync(`${output}${folder}`, { recursive: true, force: true });
  mkdirSync(`${output}${folder}`, { recursive: true });
}

const world = await World.start(say);
if (wanted("bytes")) await measureBytes(world);
if (wanted("dashboard")) await measureDashboard(world);
if (wanted("signin")) await measureSignIn(world);
if (wanted("storm")) await measureStorm(world, alone(world.servers));
if (wanted("latency")) await measureLatency(world);
if (wanted("start")) await measureStart(world);
if (wanted("replicas")) await measureReplicas(world, world.replicas);
if (wanted("hydration")) await measureHydration(world);
if (wanted("routes")) await measureRoutes(world);
await world.stop();
report(rowsOf(world.samples));
// A clean end is the last thing that happens: connections that are kept open would keep the program too.
process.exit(0);
