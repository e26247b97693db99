// What for: processor time of a whole sign-in at a server: its start, the way back from the provider, code exchange and
// verification, up to the redirect to the dashboard. Browsers without scripts sign in, so many at the same time.
// Not here: the provider's own time, which is on the other core.

import { newAgent } from "./http.mjs";
import { rounds, seconds } from "./settings.mjs";

const BROWSERS = 16;
const WARM_UP_SECONDS = 0.5;

/** @returns {Promise<number>} how many sign-ins were completed; those that have begun are. */
async function signInFor(server, duration) {
  const end = performance.now() + duration * 1000;
  const agent = newAgent();
  let completed = 0;
  const browser = async () => {
    while (performance.now() < end) {
      await server.signIn(agent);
      completed += 1;
    }
  };
  await Promise.all(Array.from({ length: BROWSERS }, browser));
  agent.destroy();
  return completed;
}

/** @param {import("./world.mjs").World} world */
export async function measureSignIn({ servers, samples, provider, say }) {
  await provider.change();
  for (let round = 1; round <= rounds; round += 1) {
    say(`Sign-ins, round ${round} of ${rounds}`);
    for (const server of servers.filter(({ what }) => what.signIn)) {
      await signInFor(server, WARM_UP_SECONDS);
      const before = server.process.cpu();
      const completed = await signInFor(server, seconds);
      samples.add("sign-in cpu", server.name, ((server.process.cpu() - before) * 1000) / completed);
    }
  }
}
