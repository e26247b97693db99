// What one process can't show; `make replicas` runs it.

import { readFileSync } from "node:fs";
import { expect, test as base } from "../fixtures.ts";
import { evidence } from "../support/paths.ts";
import { replicas } from "../support/topology.ts";

interface OwnTopology {
  /** What its processes wrote down. */
  folder: string;
}

/** A fixture for the worker gives this file a worker of its own: nobody else misses the replica that is killed here. */
const test = base.extend<object, OwnTopology>({
  folder: [async ({ servers: _ }, use, worker) => use(`${evidence}/worker-${worker.workerIndex}`), { scope: "worker" }],
});

test.skip(replicas === 0, "There is one process.");

test.describe("Behind nginx", () => {
  test("a file that no replica has is asked of each, since releases differ for a moment", async ({ request, folder }) => {
    expect((await request.get("/pkg/of-another-release.js")).status()).toBe(404);
    const answers = () => readFileSync(`${folder}/nginx-answers.txt`, "utf8").split("\n").filter((line) => line.includes("/pkg/of-another"));
    await expect.poll(answers).toHaveLength(1);
    expect(new Set(answers()[0]?.match(/127\.0\.0\.1:\d+/g)).size).toBe(replicas);
  });

  test("a replica that dies in the middle of many requests is not noticed", async ({ signedIn, folder }) => {
    const [victim] = JSON.parse(readFileSync(`${folder}/replicas.json`, "utf8")) as number[];
    if (victim === undefined) throw new Error("There is no replica to kill.");
    const statuses: number[] = [];
    const visit = async (times: number) => {
      for (let time = 0; time < times; time += 1) statuses.push((await signedIn.request.get("/dashboard", { maxRedirects: 0 })).status());
    };
    const visits = Array.from({ length: 8 }, () => visit(20));
    await expect.poll(() => statuses.length).toBeGreaterThan(30);
    process.kill(victim, "SIGKILL");
    await Promise.all(visits);
    expect(new Set(statuses)).toEqual(new Set([200]));

    await signedIn.reload();
    await expect(signedIn).toHaveURL("/dashboard/profile");
  });

  // The last: it leaves nothing that answers.
  test("what nginx answers by itself is protected too, and says what to do", async ({ request, folder }) => {
    const refused = await request.post("/api/current_session", { form: { much: "x".repeat(40_000) } });
    expect(refused.status()).toBe(413);
    expect(await refused.text()).toContain("It may have been too large");

    // The first was killed by the test before.
    for (const replica of (JSON.parse(readFileSync(`${folder}/replicas.json`, "utf8")) as number[]).slice(1)) process.kill(replica, "SIGKILL");
    // A request may still meet one that is about to be gone.
    await expect.poll(async () => (await request.get("/")).status()).toBe(503);
    const unavailable = await request.get("/");
    expect(unavailable.status()).toBe(503);
    expect(await unavailable.text()).toContain("Back in a moment");
    expect(unavailable.headers()["retry-after"]).toBe("5");

    for (const answer of [refused, unavailable]) {
      const headers = answer.headers();
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["cache-control"]).toBe("no-store, no-transform");
      expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    }
    expect(refused.headers()["retry-after"]).toBeUndefined();
  });
});
