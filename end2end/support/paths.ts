// Where things are. Every path in these tests comes from here.

import { fileURLToPath } from "node:url";

/** The repository's root, where the application runs. */
export const repository = fileURLToPath(new URL("../..", import.meta.url));

/** The application under test. `APP_BINARY` names another build, such as target/debug/leptos-scalekit. */
export const appBinary = process.env["APP_BINARY"] ?? `${repository}target/release/leptos-scalekit`;

/** The emulator's program, a development build. */
export const emulatorBinary = process.env["EMULATOR_BINARY"] ?? `${repository}target/debug/scalekit-emulator`;

/** How nginx hands requests to the replicas, in tests as in production. */
export const proxyRules = `${repository}deploy/nginx/proxy.conf`;

/** The scanner of MDN's HTTP Observatory. */
export const observatory = `${repository}end2end/observatory`;

/** Where scripts/setup.sh notes the browser it found; an empty note means Playwright's own. */
export const browserNote = `${repository}target/tools/browser`;

/** Playwright empties this folder when a run begins. */
export const results = fileURLToPath(new URL("../test-results", import.meta.url));

/** What the run produced, for evidence.teardown.ts to search: one folder a worker. */
export const evidence = `${results}/evidence`;

/** Where `make screenshots` writes. */
export const screenshots = `${repository}screenshots`;
