// What for: processor time, memory and the highest rate of the protected dashboard: the servers take turns, round by round, so
// that what else the machine does meets all of them.
// Not here: the limits that the figures should keep (rows.mjs).

import { request } from "./http.mjs";
import { load } from "./load.mjs";
import { MARKER, OURS, PEERS } from "./servers.mjs";
import { rounds, seconds } from "./settings.mjs";

const WARM_UP_SECONDS = 1;

/** @param {import("./world.mjs").World} world */
export async function measureDashboard({ servers, samples, say }) {
  const loads = [];
  for (const server of servers) {
    loads.push({ server, path: "/dashboard", marker: MARKER, cookie: server.what.signIn ? await server.signedIn() : "" });
  }
  // Only builds with the feature `bench` have it: a page like the dashboard, for anybody.
  const public_ = servers.find(({ name }) => name === OURS);
  if ((await request({ port: public_.port, path: "/bench/page" })).status === 200) {
    loads.push({ server: public_, path: "/bench/page", marker: "</html>", cookie: "", name: "ours, public" });
  }
  for (let round = 1; round <= rounds; round += 1) {
    say(`The dashboard, round ${round} of ${rounds}`);
    for (const { server, name = server.name, ...what } of loads) {
      await load(server, { ...what, seconds: WARM_UP_SECONDS });
      const { cpu, memory, perSecond } = await load(server, { ...what, seconds });
      samples.add("dashboard cpu", name, cpu);
      samples.add("dashboard rate", name, perSecond);
      samples.add("memory under load", name, memory / 1e6);
    }
  }
}

/** How late answers are when half as many are asked for as each server can give. */
export async function measureLatency({ servers, samples, say }) {
  const measured = [];
  for (const server of servers.filter(({ name }) => name === OURS || PEERS.includes(name))) {
    const what = { cookie: await server.signedIn(), marker: MARKER };
    if (!samples.of("dashboard rate", server.name)) {
      await load(server, { ...what, seconds: WARM_UP_SECONDS });
      samples.add("dashboard rate", server.name, (await load(server, { ...what, seconds })).perSecond);
    }
    measured.push({ server, ...what, rate: samples.of("dashboard rate", server.name).value / 2 });
  }
  for (let round = 1; round <= rounds; round += 1) {
    say(`Half the highest rate, round ${round} of ${rounds}`);
    for (const { server, ...what } of measured) {
      await load(server, { ...what, seconds: WARM_UP_SECONDS });
      const { p50, p99, p999 } = await load(server, { ...what, seconds });
      samples.add("p50", server.name, p50);
      samples.add("p99", server.name, p99);
      samples.add("p99.9", server.name, p999);
    }
  }
}

/** What else ours answers, beside the least there is: for docs/scaling.md. */
export async function measureRoutes({ servers, samples, say }) {
  const server = servers.find(({ name }) => name === OURS);
  const cookie = await server.signedIn();
  for (const [what, path, who] of ROUTES) {
    say(what);
    const asked = { path, cookie: who === "anonymous" ? "" : cookie, marker: "" };
    await load(server, { ...asked, seconds: WARM_UP_SECONDS });
    for (let round = 1; round <= rounds; round += 1) {
      const { cpu, perSecond } = await load(server, { ...asked, seconds });
      samples.add("route cpu", what, cpu);
      samples.add("route rate", what, perSecond);
    }
  }
}

export const ROUTES = [
  ["`GET /healthz`, no page, no store", "/healthz", "anonymous"],
  ["`GET /`, anonymous", "/", "anonymous"],
  ["`GET /`, signed in", "/", "signed in"],
  ["`GET /dashboard/profile`", "/dashboard/profile", "signed in"],
];
