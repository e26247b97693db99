// What stands behind the recorder when REPLICAS says so: nginx, that many processes of the application, and a Redis of their own,
// as in production. nginx hands requests on by the very rules that are deployed, deploy/nginx/proxy.conf.

import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { proxyRules } from "./paths.ts";
import { type Command, freePort, ServerProcess } from "./process.ts";

/** How many replicas the run is to have; 0 means one process with a store of its own and nothing in between. */
export const replicas = Number(process.env["REPLICAS"] ?? "0");

/** Starts the application, as one process or as REPLICAS says. Answers at `port` in both cases. */
export function startApplication(port: number, folder: string, alone: Command): Promise<{ stop(): Promise<void> }> {
  return replicas === 0 ? ServerProcess.start(alone) : Topology.start(port, folder, alone);
}

/** nginx, replicas and Redis, as one server that can be stopped. */
class Topology {
  /** In the order in which they were started. */
  private readonly running: ServerProcess[] = [];

  private constructor(
    /** Where nginx listens. */
    private readonly port: number,
    /** Gets logs and data. */
    private readonly folder: string,
    /** What each replica is but for its address and store. */
    private readonly alone: Command,
  ) {}

  static async start(port: number, folder: string, alone: Command): Promise<Topology> {
    const topology = new Topology(port, folder, alone);
    try {
      const store = await topology.startRedis();
      const ports: number[] = [];
      for (let number = 1; number <= replicas; number += 1) ports.push(await topology.startReplica(number, store));
      // For replicas.spec.ts, which kills one.
      writeFileSync(`${folder}/replicas.json`, JSON.stringify(topology.running.slice(1).map(({ pid }) => pid)));
      await topology.startNginx(ports);
      return topology;
    } catch (error) {
      await topology.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const server of this.running.reverse()) await server.stop();
  }

  private async startRedis(): Promise<string> {
    const port = await freePort();
    const password = randomBytes(16).toString("hex");
    const { folder } = this;
    writeFileSync(
      `${folder}/redis.conf`,
      [
        `bind 127.0.0.1`, `port ${port}`, `requirepass ${password}`, `maxmemory-policy noeviction`, `dir ${folder}`,
        // Written when it is stopped, as one readable file: part of the evidence, like SQLite's (evidence.ts).
        `save 3600 1`, `dbfilename sessions.db`, `rdbcompression no`,
      ].join("\n"),
    );
    await this.run({
      name: "Redis",
      binary: program("redis-server"),
      args: [`${folder}/redis.conf`],
      cwd: folder,
      env: {},
      log: `${folder}/redis.txt`,
      health: () => answersPing(port, password),
    });
    return `redis://:${password}@127.0.0.1:${port}/0`;
  }

  private async startReplica(number: number, store: string): Promise<number> {
    const port = await freePort();
    await this.run({
      ...this.alone,
      name: `Replica ${number}`,
      env: { ...this.alone.env, SESSION_STORE: store, LEPTOS_SITE_ADDR: `127.0.0.1:${port}` },
      health: `http://127.0.0.1:${port}/readyz`,
    });
    return port;
  }

  private async startNginx(ports: number[]): Promise<void> {
    const { folder, port } = this;
    const own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((of) => `${of}_temp_path ${folder}/nginx-${of};`);
    writeFileSync(
      `${folder}/nginx.conf`,
      // One process without a master keeps its user: nothing has to be readable for somebody else.
      `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr warn;
      events { worker_connections 512; }
      http {
        ${own.join(" ")}
        log_format answers '$upstream_addr $upstream_status $status $request_method $uri';
        access_log ${folder}/nginx-answers.txt answers;
        upstream leptos_scalekit {
          ${ports.map((replica) => `server 127.0.0.1:${replica} max_fails=1 fail_timeout=5s;`).join(" ")}
          keepalive 32;
        }
        server {
          listen 127.0.0.1:${port};
          include ${proxyRules};
        }
      }\n`,
    );
    await this.run({
      name: "nginx",
      binary: program("nginx"),
      args: ["-c", `${folder}/nginx.conf`, "-e", "stderr"],
      cwd: folder,
      env: {},
      log: `${folder}/nginx.txt`,
      health: `http://127.0.0.1:${port}/healthz`,
    });
  }

  private async run(command: Command): Promise<void> {
    this.running.push(await ServerProcess.start(command));
  }
}

/** Where a program of the system is. Debian keeps servers where only root looks. */
function program(name: string): string {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin"];
  const found = folders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`There is no ${name}: \`scripts/setup.sh redis nginx\` installs it.`);
  return found;
}

/** Whether a Redis on this machine takes the password and answers. */
function answersPing(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    let answer = "";
    socket.on("data", (data) => {
      answer += data.toString();
      if (answer.includes("+PONG")) socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on("close", () => resolve(answer.includes("+PONG")));
  });
}
