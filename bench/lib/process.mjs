// What for: starting a process on a core, waiting until it is ready, what the kernel says it has used, and stopping exactly that
// one.
// Not here: which servers there are (servers.mjs).

import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { request } from "./http.mjs";
import { pinned } from "./settings.mjs";

const START_MILLISECONDS = 30_000;
const STOP_MILLISECONDS = 10_000;

/** The kernel counts processor time in these, on all of Linux' architectures. */
const TICKS_A_SECOND = 100;

/** What must not outlive this program. */
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A port on which nothing listens. */
export async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** A server that runs until it is stopped. */
export class Process {
  /**
   * @param {{ name: string, command: string[], cwd: string, env: Record<string, string>, log: string, core: number }} what
   * @param {() => Promise<boolean>} isReady
   */
  static async start(what, isReady) {
    const { command, cwd, env, log, core } = what;
    const [program, ...args] = pinned(core, command);
    const file = openSync(log, "a");
    const began = performance.now();
    const child = spawn(program, args, {
      cwd,
      env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...env },
      stdio: ["ignore", file, file],
    });
    closeSync(file);
    running.add(child);
    const started = new Process(what, child);
    while (!(await isReady())) {
      if (started.#ended()) throw started.#complaint("ended at once");
      if (performance.now() - began > START_MILLISECONDS) throw started.#complaint("was not ready in time");
      await pause(1);
    }
    /** From the start to the first good answer, in milliseconds. */
    started.startTime = performance.now() - began;
    return started;
  }

  constructor(what, child) {
    this.what = what;
    this.child = child;
    this.exited = new Promise((resolve) => {
      child.once("exit", resolve);
      child.once("error", resolve);
    });
  }

  #ended() {
    return this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  #complaint(what) {
    const end = readFileSync(this.what.log, "utf8").split("\n").slice(-20).join("\n");
    return new Error(`${this.what.name} ${what}. The end of ${this.what.log}:\n${end}`);
  }

  async stop() {
    running.delete(this.child);
    if (this.#ended()) return;
    this.child.kill("SIGTERM");
    const late = setTimeout(() => this.child.kill("SIGKILL"), STOP_MILLISECONDS);
    await this.exited;
    clearTimeout(late);
  }

  /** Milliseconds of processor time so far, of the process and all that it has started. */
  cpu() {
    if (this.#ended()) throw this.#complaint("has ended");
    const ticks = this.#tree().map(({ fields }) => Number(fields[11]) + Number(fields[12]));
    return (ticks.reduce((sum, more) => sum + more, 0) * 1000) / TICKS_A_SECOND;
  }

  /** The processes that there are now. */
  pids() {
    return this.#tree().map(({ pid }) => pid);
  }

  /** Bytes in the machine's memory, of these processes. */
  memory(pids = this.pids()) {
    const kilobytes = pids.map((pid) => {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    });
    return kilobytes.reduce((sum, more) => sum + more, 0) * 1024;
  }

  #tree() {
    const all = [];
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        // The program's name, in parentheses, may hold anything.
        const fields = readFileSync(`/proc/${name}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
        all.push({ pid: Number(name), parent: Number(fields[1]), fields });
      } catch {
        // It ended meanwhile.
      }
    }
    const tree = all.filter(({ pid }) => pid === this.child.pid);
    for (const one of tree) tree.push(...all.filter(({ parent }) => parent === one.pid));
    return tree;
  }
}

/** Whether an address of a server answers 200. */
export const answers = (port, path) => async () => {
  const answer = await request({ port, path, agent: false }).catch(() => undefined);
  return answer?.status === 200;
};
