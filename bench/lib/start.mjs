// What for: how long a server takes from its start to the first good answer of its readiness, and what it keeps in memory then.
// Ours has its database already, and is ready only when it has fetched the provider's keys; the peers say so when they listen.
// Not here: memory under load (dashboard.mjs).

import { pause } from "./process.mjs";
import { express, freePorts, newStore, next, OURS, ours } from "./servers.mjs";
import { rounds } from "./settings.mjs";

/** What a process does at its start is over by then; milliseconds. */
const SETTLED = 1000;

/** @param {import("./world.mjs").World} world */
export async function measureStart({ samples, provider, say }) {
  const ports = await freePorts(["ours", "next", "express"]);
  const { url } = provider;
  const servers = [ours(OURS, ports.ours, url, newStore("start")), next(ports.next, url), express(ports.express, url)];
  // The first start makes the database, and brings programs from the disk into memory.
  for (const server of servers) await (await server.start()).stop();
  for (let round = 1; round <= rounds; round += 1) {
    say(`Starts, round ${round} of ${rounds}`);
    for (const server of servers) {
      await server.start();
      samples.add("start", server.name, server.process.startTime);
      await pause(SETTLED);
      samples.add("memory after start", server.name, server.process.memory() / 1e6);
      await server.stop();
    }
  }
}
