// What for: everything that runs during a measurement: the provider, ours on each store, the peers, all waiting for their turn.
// Not here: the replicas, which run only while they are measured (replicas.mjs).

import { mkdirSync, writeFileSync } from "node:fs";
import { ProviderProcess } from "./provider.mjs";
import { startRedis } from "./redis.mjs";
import { Samples } from "./samples.mjs";
import { bare, express, freePorts, newStore, next, OURS, ours } from "./servers.mjs";
import { output } from "./settings.mjs";

export class World {
  /** In the order in which they take turns. */
  servers = [];
  samples = new Samples();
  #others = [];

  static async start(say) {
    const world = new World();
    world.say = say;
    const ports = await freePorts(["ours", "memory", "redis", "next", "express", "bare", "first", "second", "third"]);
    world.replicas = [ports.first, ports.second, ports.third];
    const provider = await ProviderProcess.start(Object.values(ports));
    world.provider = provider;
    world.#others.push(provider);
    world.servers.push(ours(OURS, ports.ours, provider.url, newStore("sessions")));
    world.servers.push(next(ports.next, provider.url), express(ports.express, provider.url));
    world.servers.push(ours("ours, memory", ports.memory, provider.url, "memory:"));
    const redis = await startRedis();
    world.#others.push(redis);
    world.servers.push(ours("ours, Redis", ports.redis, provider.url, redis.url));
    for (const server of world.servers) await server.start();
    await world.#startBare(ports.bare);
    return world;
  }

  /** Answers the very bytes of our dashboard. */
  async #startBare(port) {
    const server = this.servers.find(({ name }) => name === OURS);
    const visitor = await server.signIn();
    const { body } = await visitor.get(`${server.url}/dashboard`);
    const page = `${output}data/dashboard.html`;
    mkdirSync(`${output}data`, { recursive: true });
    writeFileSync(page, body);
    // After Express, so that the four whose figures are compared follow each other.
    this.servers.splice(3, 0, await bare(port, page).start());
  }

  async stop() {
    for (const server of [...this.servers, ...this.#others]) await server.stop();
  }
}
