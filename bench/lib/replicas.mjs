// What for: three processes of ours on one Redis: what they answer together, and the storm spread over them.
// Not here: a balancer in front, which would be measured too. All three are on the servers' one core.

import { randomBytes } from "node:crypto";
import { load } from "./load.mjs";
import { startRedis } from "./redis.mjs";
import { MARKER, ours } from "./servers.mjs";
import { rounds, seconds } from "./settings.mjs";
import { measureStorm } from "./storm.mjs";

export const REPLICAS = "ours, three replicas";

/**
 * @param {import("./world.mjs").World} world
 * @param {number[]} ports
 */
export async function measureReplicas(world, ports) {
  const { samples, provider, say } = world;
  const redis = await startRedis();
  const [public_] = ports;
  const secret = randomBytes(32).toString("base64");
  const shared = { behind: public_, secret };
  const servers = ports.map((port, at) => ours(`replica ${"abc"[at]}`, port, provider.url, redis.url, shared));
  for (const server of servers) await server.start();
  const cookie = await servers[0].signedIn();
  for (let round = 1; round <= rounds; round += 1) {
    say(`Three replicas, round ${round} of ${rounds}`);
    const what = { cookie, marker: MARKER, seconds };
    const results = await Promise.all(servers.map((server) => load(server, what)));
    const requests = results.reduce((sum, result) => sum + result.requests, 0);
    samples.add("dashboard rate", REPLICAS, results.reduce((sum, { perSecond }) => sum + perSecond, 0));
    samples.add("dashboard cpu", REPLICAS, results.reduce((sum, { cpu, requests: of }) => sum + cpu * of, 0) / requests);
  }
  await measureStorm(world, [{ name: REPLICAS, server: servers[0], ports }]);
  for (const server of servers) await server.stop();
  await redis.stop();
}
