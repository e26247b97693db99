// What for: 200 requests at once of one session whose access token has ended, as many tabs and a page's own requests can make:
// how many token calls become of it (one is enough, and a provider that gives refresh tokens once takes a second use for theft),
// and how many requests get no dashboard.
// Not here: how a server avoids that.

import { newAgent, request } from "./http.mjs";
import { pause } from "./process.mjs";
import { MARKER } from "./servers.mjs";
import { rounds } from "./settings.mjs";

const REQUESTS = 200;

/** Seconds. Not so short that a busy machine verifies the token too late. */
const SHORT_LIFETIME = 3;

/** What a provider elsewhere takes for a token call; milliseconds. */
const DELAY = 50;

/** Sends the requests to these ports in turn; answers with how many got something else than the dashboard. */
async function storm(ports, cookie, host) {
  const agent = newAgent();
  const one = async (_, number) => {
    const port = ports[number % ports.length];
    const answer = await request({ port, path: "/dashboard", host, headers: { cookie }, agent }).catch(() => undefined);
    return answer?.status === 200 && answer.body.includes(MARKER);
  };
  const right = await Promise.all(Array.from({ length: REQUESTS }, one));
  agent.destroy();
  return right.filter((is) => !is).length;
}

/**
 * @param {import("./world.mjs").World} world
 * @param {{ name: string, server: import("./servers.mjs").Server, ports: number[] }[]} targets where to sign in, and where to ask
 */
export async function measureStorm({ samples, provider, say }, targets) {
  for (let round = 1; round <= rounds; round += 1) {
    say(`Storms, round ${round} of ${rounds}`);
    await provider.change({ lifetime: SHORT_LIFETIME });
    const waiting = [];
    for (const target of targets) waiting.push({ ...target, cookie: await target.server.signedIn() });
    await pause((SHORT_LIFETIME + 1) * 1000);
    for (const { name, server, ports, cookie } of waiting) {
      await provider.change({ delay: DELAY });
      samples.add("lost in a storm", name, await storm(ports, cookie, new URL(server.url).host));
      const calls = await provider.refreshes();
      if (calls === 0) throw new Error(`The access token at ${name} had not ended: that was no storm.`);
      samples.add("token calls of a storm", name, calls);
    }
  }
  await provider.change();
}

/** Each server by itself. */
export const alone = (servers) =>
  servers.filter(({ what }) => what.signIn).map((server) => ({ name: server.name, server, ports: [server.port] }));
