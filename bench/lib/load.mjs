// What for: load on one page of a server (../load), with what the server used meanwhile.
// Not here: which page, and what the figures mean (the measures).

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LOAD_CORE, pinned, tool } from "./settings.mjs";

const run = promisify(execFile);

/** How often memory is looked at; milliseconds. */
const LOOK = 100;

/**
 * Asks for a page as fast as it comes, or so many times a second.
 * @param {import("./servers.mjs").Server} server
 * @returns {Promise<{ requests: number, perSecond: number, cpu: number, memory: number, p50: number, p99: number,
 *   p999: number }>} `cpu`: microseconds of processor time for each answer; `memory`: the most that was seen, in bytes.
 */
export async function load(server, { path = "/dashboard", cookie = "", marker, seconds, rate }) {
  const args = [server.port, path, cookie, marker, seconds, ...(rate === undefined ? [] : [rate])].map(String);
  const [program, ...rest] = pinned(LOAD_CORE, [tool("bench-load"), ...args]);
  const pids = server.process.pids();
  let memory = server.process.memory(pids);
  const look = () => (memory = Math.max(memory, server.process.memory(pids)));
  // Not where lateness counts: looking takes a moment of the load's core.
  const looking = rate === undefined ? setInterval(look, LOOK) : undefined;
  const before = server.process.cpu();
  try {
    const { stdout } = await run(program, rest).catch((error) => {
      throw new Error(`The load on ${server.name} is void: ${error.stderr || error.message}`);
    });
    const figures = JSON.parse(stdout);
    const cpu = ((server.process.cpu() - before) * 1000) / figures.requests;
    return { ...figures, cpu, memory, perSecond: figures.requests / figures.seconds };
  } finally {
    clearInterval(looking);
  }
}
