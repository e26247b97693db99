// What for: every server that is measured: how it is started, where it signs in, and by what a right answer of its dashboard is
// known. Ours runs as it is deployed, with logging as in production, but in LEPTOS_ENV=DEV, which allows the store in memory too.
// Limits of requests are off: all of the load comes from one address.
// Not here: Redis (redis.mjs), the provider (provider.mjs).

import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { Visitor } from "./http.mjs";
import { answers, freePort, Process } from "./process.mjs";
import { CLIENT_ID, CLIENT_SECRET } from "./provider.mjs";
import { application, bench, output, SERVERS_CORE, tool } from "./settings.mjs";

/** Stands in every dashboard, and in no other page. */
export const MARKER = "Hello, Ada";

/** The name of the server by which ours is judged. */
export const OURS = "ours, SQLite";

/** The servers of others that do the same. */
export const PEERS = ["Next.js", "Express"];

/** A server: where it is to listen is known before it runs, so that the provider can be told. */
export class Server {
  /**
   * @param {number} port
   * @param {{ name: string, command: string[], env: Record<string, string>, ready: string, signIn?: string, cwd?: string }} what
   */
  constructor(port, what) {
    this.port = port;
    this.name = what.name;
    this.url = `http://localhost:${port}`;
    this.what = what;
  }

  async start() {
    const { name, command, env, ready, cwd = output } = this.what;
    const log = `${output}logs/${name.replaceAll(/[^a-z]+/gi, "-")}.log`;
    mkdirSync(`${output}logs`, { recursive: true });
    this.process = await Process.start({ name, command, cwd, env, log, core: SERVERS_CORE }, answers(this.port, ready));
    return this;
  }

  async stop() {
    await this.process?.stop();
  }

  /** Signs somebody in, up to the redirect to the dashboard. */
  async signIn(agent) {
    const visitor = new Visitor(agent);
    await visitor.follow(`${this.url}${this.what.signIn}`, `${this.url}/dashboard`);
    return visitor;
  }

  /** The cookies of somebody who has just signed in and whose dashboard is right. */
  async signedIn() {
    const visitor = await this.signIn();
    const { status, body } = await visitor.get(`${this.url}/dashboard`);
    if (status !== 200 || !body.includes(MARKER)) {
      throw new Error(`The dashboard of ${this.name} answers ${status}: ${body.toString().slice(0, 300)}`);
    }
    return visitor.cookies(this.url);
  }
}

/** Ours, on a store. `behind` is the port of the public address, if that is another replica's. */
export function ours(name, port, provider, store, { behind = port, secret = randomBytes(32).toString("base64") } = {}) {
  return new Server(port, {
    name,
    command: [application],
    ready: "/readyz",
    signIn: "/auth/login?return_to=/dashboard",
    env: {
      LEPTOS_ENV: "DEV",
      LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
      APP_URL: `http://localhost:${behind}`,
      SCALEKIT_ENVIRONMENT_URL: provider,
      SCALEKIT_CLIENT_ID: CLIENT_ID,
      SCALEKIT_CLIENT_SECRET: CLIENT_SECRET,
      SESSION_STORE: store,
      SESSION_SECRET: secret,
      RATE_LIMIT: "off",
      METRICS_ADDR: "off",
      RUST_LOG: "info",
    },
  });
}

const peer = (name, port, provider, folder, command) =>
  new Server(port, {
    name,
    command: [process.execPath, ...command],
    cwd: `${bench}peers/${folder}`,
    ready: "/healthz",
    signIn: "/auth/login",
    env: {
      NODE_ENV: "production",
      NEXT_TELEMETRY_DISABLED: "1",
      PORT: String(port),
      APP_URL: `http://localhost:${port}`,
      ISSUER: provider,
      CLIENT_ID,
      CLIENT_SECRET,
      SESSION_SECRET: randomBytes(32).toString("base64"),
    },
  });

export const next = (port, provider) => {
  const command = ["node_modules/next/dist/bin/next", "start", "--port", String(port), "--hostname", "127.0.0.1"];
  return peer("Next.js", port, provider, "next", command);
};

export const express = (port, provider) => peer("Express", port, provider, "express", ["main.mjs"]);

/** Answers what `page` holds. */
export const bare = (port, page) =>
  new Server(port, { name: "bare axum", command: [tool("bench-bare"), String(port), page], ready: "/dashboard", env: {} });

/** Where a server of ours that is to be the first of its store keeps its sessions. */
export const newStore = (name) => `sqlite:${output}data/${name}-${randomBytes(4).toString("hex")}.db`;

export const freePorts = async (names) => {
  const ports = {};
  for (const name of names) ports[name] = await freePort();
  return ports;
};
