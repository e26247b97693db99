// What for: the OpenID provider of a run (../provider), and what it is told and asked.
// Not here: what it answers to applications.

import { mkdirSync } from "node:fs";
import { request } from "./http.mjs";
import { answers, freePort, Process } from "./process.mjs";
import { bench, LOAD_CORE, output } from "./settings.mjs";

export const CLIENT_ID = "skc_bench";
export const CLIENT_SECRET = "test_bench_secret";

/** As long as Scalekit's live by default; seconds. */
const USUAL_LIFETIME = 300;

export class ProviderProcess {
  /** @param {number[]} ports of the servers that sign in here */
  static async start(ports) {
    const port = await freePort();
    const settings = {
      port,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      redirectUris: ports.map((of) => `http://localhost:${of}/auth/callback`),
      postLogoutUris: ports.map((of) => `http://localhost:${of}/logged-out`),
    };
    mkdirSync(`${output}logs`, { recursive: true });
    const what = {
      name: "The provider",
      command: [process.execPath, "main.mjs"],
      cwd: `${bench}provider`,
      env: { NODE_ENV: "production", BENCH_PROVIDER: JSON.stringify(settings) },
      log: `${output}logs/provider.log`,
      core: LOAD_CORE,
    };
    return new ProviderProcess(port, await Process.start(what, answers(port, "/.well-known/openid-configuration")));
  }

  constructor(port, process) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.process = process;
  }

  stop() {
    return this.process.stop();
  }

  /** Forgets what was counted; says how long new access tokens live, and how long a token call waits, in milliseconds. */
  async change({ lifetime = USUAL_LIFETIME, delay = 0 } = {}) {
    const body = JSON.stringify({ lifetime, delay, counts: {} });
    const { status } = await request({ port: this.port, path: "/__settings", method: "POST", body });
    if (status !== 200) throw new Error(`The provider answered ${status} to a change of its settings.`);
  }

  /** Refreshes that have arrived, whatever became of them. */
  async refreshes() {
    const { body } = await request({ port: this.port, path: "/__counts" });
    return JSON.parse(body.toString()).refresh_token ?? 0;
  }
}
