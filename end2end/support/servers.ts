// One emulator and one application for a worker, on ports of their own, with the recorder in front of the application.

import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { Emulator } from "./emulator.ts";
import { appBinary, emulatorBinary, evidence, repository } from "./paths.ts";
import { freePort, ServerProcess } from "./process.ts";
import { Recorder } from "./recorder.ts";
import { startApplication } from "./topology.ts";

/** The emulator's one client. */
export const clientSecret = "test_emulator_secret";

/** With which the emulator signs webhooks (`scalekit_emulator::WEBHOOK_SECRET`). */
export const webhookSecret = "whsec_c2NhbGVraXQtZW11bGF0b3Igd2ViaG9vayBzZWNyZXQ=";

export class Servers {
  private constructor(
    /** The application's public base URL: the recorder, as a reverse proxy would be. */
    readonly appUrl: string,
    readonly emulator: Emulator,
    private readonly running: { stop(): Promise<void> }[],
  ) {}

  static async start(worker: number): Promise<Servers> {
    const folder = `${evidence}/worker-${worker}`;
    mkdirSync(folder, { recursive: true });
    const [appPort, emulatorPort] = [await freePort(), await freePort()];
    const recorder = await Recorder.start(appPort, `${folder}/exchanges.jsonl`);
    const appUrl = `http://localhost:${recorder.port}`;
    const emulatorUrl = `http://localhost:${emulatorPort}`;
    const sessionSecret = randomBytes(32).toString("base64");
    writeFileSync(`${folder}/session-secret`, sessionSecret);

    const emulator = await ServerProcess.start({
      name: "The emulator",
      binary: emulatorBinary,
      args: ["--port", String(emulatorPort), "--app-url", appUrl],
      cwd: repository,
      env: { RUST_LOG: "info" },
      // Not among the evidence: the emulator may print what it likes.
      log: `${folder}/emulator.txt`,
      health: `${emulatorUrl}/__emulator/health`,
    });
    // As it is deployed: the binary alone in an empty folder, and nothing but its environment.
    const home = mkdtempSync(`${tmpdir()}/leptos-scalekit-`);
    copyFileSync(appBinary, `${home}/application`);
    const emptied = { stop: async () => rmSync(home, { recursive: true }) };
    const app = await startApplication(appPort, folder, {
      name: "The application",
      binary: `${home}/application`,
      args: [],
      cwd: home,
      env: {
        LEPTOS_SITE_ADDR: `127.0.0.1:${appPort}`,
        APP_URL: appUrl,
        LEPTOS_ENV: "DEV",
        SCALEKIT_ENVIRONMENT_URL: emulatorUrl,
        SCALEKIT_CLIENT_ID: "skc_emulator",
        SCALEKIT_CLIENT_SECRET: clientSecret,
        SCALEKIT_WEBHOOK_SECRET: webhookSecret,
        SESSION_STORE: `sqlite:${folder}/sessions.db`, // part: sqlite
        // without sqlite: SESSION_STORE: "memory:",
        SESSION_SECRET: sessionSecret,
        METRICS_ADDR: "off",
        // As talkative as it gets with every dependency's debug lines: the evidence must be clean even so.
        RUST_LOG: "debug",
      },
      log: `${folder}/app.log`,
      health: `http://127.0.0.1:${appPort}/healthz`,
    }).catch(async (error: unknown) => {
      await emulator.stop();
      await recorder.stop();
      await emptied.stop();
      throw error;
    });
    return new Servers(appUrl, new Emulator(emulatorUrl), [recorder, app, emulator, emptied]);
  }

  async stop(): Promise<void> {
    for (const server of this.running) await server.stop();
  }
}
