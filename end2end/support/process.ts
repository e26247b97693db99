// Starting a server, waiting until it answers, and stopping exactly that process.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

/** How long a server may take until it answers. */
const START_MILLISECONDS = 20_000;

/** How long a server may take to stop after it was asked to. */
const STOP_MILLISECONDS = 10_000;

export interface Command {
  name: string;
  binary: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Gets everything that the process prints. */
  log: string;
  /** An address that answers 200 once the server is ready, or for servers without HTTP a question of their own. */
  health: string | (() => Promise<boolean>);
}

/** A server that runs until it is stopped. */
export class ServerProcess {
  private constructor(
    private readonly command: Command,
    private readonly child: ChildProcess,
    private readonly exited: Promise<unknown>,
  ) {}

  static async start(command: Command): Promise<ServerProcess> {
    if (!existsSync(command.binary)) {
      throw new Error(`There is no ${command.binary}: \`make test\` builds it.`);
    }
    const log = openSync(command.log, "a");
    const child = spawn(command.binary, command.args, {
      cwd: command.cwd,
      env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...command.env },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    const exited = new Promise((resolve) => {
      child.once("exit", resolve);
      child.once("error", resolve);
    });
    const server = new ServerProcess(command, child, exited);
    await server.answers();
    return server;
  }

  /** The system's number of it, for tests that kill it. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Asks it to stop, and makes it stop if it does not. */
  async stop(): Promise<void> {
    if (this.hasExited()) return;
    this.child.kill("SIGTERM");
    const late = setTimeout(() => this.child.kill("SIGKILL"), STOP_MILLISECONDS);
    await this.exited;
    clearTimeout(late);
  }

  private hasExited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private async answers(): Promise<void> {
    const deadline = Date.now() + START_MILLISECONDS;
    for (;;) {
      if (this.hasExited()) throw this.complaint("ended at once");
      if (await this.isReady()) return;
      if (Date.now() > deadline) {
        await this.stop();
        throw this.complaint(`was not ready within ${START_MILLISECONDS / 1000} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private async isReady(): Promise<boolean> {
    const { health } = this.command;
    if (typeof health === "function") return health();
    return (await fetch(health).catch(() => undefined))?.ok ?? false;
  }

  private complaint(what: string): Error {
    const log = readFileSync(this.command.log, "utf8").split("\n").slice(-20).join("\n");
    return new Error(`${this.command.name} ${what}. The end of ${this.command.log}:\n${log}`);
  }
}

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("The system gave no port.");
  return address.port;
}
