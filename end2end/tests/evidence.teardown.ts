// Runs after all other tests and searches everything that they made the application produce.

import { expect, test } from "@playwright/test";
import { claims, type Finding, opaqueSecret, readEvidence, search, secrets, tokens } from "../support/evidence.ts";

const workers = readEvidence();
const exchanges = workers.flatMap((worker) => worker.exchanges.map((exchange) => ({ ...exchange, worker: worker.name })));
const ours = secrets(workers.map(({ sessionSecret }) => sessionSecret));

/** The first few findings say enough. */
function expectNone(findings: Finding[]): void {
  expect(findings.length, JSON.stringify(findings.slice(0, 5), null, 2)).toBe(0);
}

test.describe("Everything that the run produced", () => {
  test("is there to be searched", () => {
    expect(workers.length).toBeGreaterThan(0);
    expect(exchanges.some(({ contentType, body }) => contentType.startsWith("text/html") && body.includes("<main"))).toBe(true);
    expect(exchanges.some(({ cookie }) => /\bsession\.\S+=/.test(cookie))).toBe(true);
    expect(exchanges.some(({ setCookie }) => setCookie.some((one) => one.startsWith("session.")))).toBe(true);
    expect(exchanges.some(({ url }) => url.startsWith("/auth/callback?code="))).toBe(true);
    for (const worker of workers) {
      expect(worker.log, `${worker.name}'s log`).toContain("request");
      expect(worker.stores.map(({ name }) => name)).toContain("sessions.db");
    }
  });

  test("is searched by patterns that find what they are for", () => {
    const sample = `eyJhbGciOiJSUzI1NiJ9.eyJzdWIi {"refresh_token":"abcdefgh12"} ${`rt_${"aB3".repeat(14)}x`} ada@analytical.example usr_103845067215791001 projects:read`;
    const found = search(sample, "a sample", [...tokens, ...claims]).map(({ what }) => what);
    expect(found).toEqual(expect.arrayContaining([
      "a part of a JSON web token", "a token field with its value", "a refresh token", "an e-mail address",
      "an identifier of person, organization or session", "a permission",
    ]));
    expect(search(`id=${"aB3".repeat(14)}x `, "a sample", [opaqueSecret])).toHaveLength(1);
    expect(search(`hash=${"aB3".repeat(20)}`, "a sample", [opaqueSecret])).toHaveLength(0);
  });

  test("has no token, secret or claim in any cookie", () => {
    expectNone(
      exchanges.flatMap(({ cookie, setCookie, url, worker }) =>
        search([cookie, ...setCookie].join("\n"), `${worker} ${url}`, [...tokens, ...ours, ...claims]),
      // Names and addresses that cookies.spec.ts made up are the test's own.
      ).filter(({ excerpt }) => !excerpt.includes("session=aaaa.bbbb.cccc")),
    );
  });

  test("has no token or secret in any document or data", () => {
    expectNone(exchanges.flatMap(({ body, url, worker }) => search(body, `${worker} ${url}`, [...tokens, ...ours])));
  });

  test("has no session identifier in any document", () => {
    // Scripts must not be able to read it, so it must not be in a document either.
    expectNone(
      exchanges
        .filter(({ contentType }) => contentType.startsWith("text/html"))
        .flatMap(({ body, cookie, url, worker }) => {
          const session = /(?:^|; )session=([A-Za-z0-9_-]{43})/.exec(cookie)?.[1];
          return session !== undefined && body.includes(session)
            ? [{ what: "the session's identifier", where: `${worker} ${url}`, excerpt: session }]
            : [];
        }),
    );
  });

  test("has no token in any address except the one that ends the provider's session", () => {
    expectNone(
      exchanges.flatMap(({ url, location, worker }) => {
        // OpenID Connect hands the ID token to the provider's logout in its address; nowhere else.
        const isLogout = /^http:\/\/localhost:\d+\/oidc\/logout\?/.test(location);
        return search(isLogout ? url : `${url}\n${location}`, `${worker} ${url}`, [...tokens, ...ours]);
      }),
    );
  });

  test("has no token, secret, cookie value or claim in any log line", () => {
    expectNone(workers.flatMap(({ log, name }) => search(log, `${name}/app.log`, [...tokens, ...ours, opaqueSecret, ...claims])));
    const values = new Set(
      exchanges
        .flatMap(({ setCookie }) => setCookie)
        .map((one) => /^(?:session|login\.[^=]+)=([^;]+)/.exec(one)?.[1])
        .filter((value): value is string => value !== undefined && value.length > 20),
    );
    expect(values.size).toBeGreaterThan(0);
    for (const { log, name } of workers) {
      for (const value of values) expect(log.includes(value), `${name}/app.log holds the cookie value ${value}`).toBe(false);
    }
  });

  test("has no authorization code or state in any log line", () => {
    const spent = exchanges
      .map(({ url }) => new URL(url, "http://localhost"))
      .filter(({ pathname, searchParams }) => pathname === "/auth/callback" && (searchParams.get("code")?.length ?? 0) >= 20)
      .flatMap(({ searchParams }) => [searchParams.get("code"), searchParams.get("state")]);
    expect(spent.length).toBeGreaterThan(0);
    for (const { log, name } of workers) {
      for (const value of spent) {
        if (value !== null && value.length >= 20) expect(log.includes(value), `${name}/app.log holds ${value}`).toBe(false);
      }
    }
  });

  test("has nothing readable in the session store", () => {
    expectNone(
      workers.flatMap(({ stores, name }) =>
        stores.flatMap(({ name: file, content }) => search(content, `${name}/${file}`, [...tokens, ...ours, ...claims])),
      ),
    );
  });

  test("was answered without a fault of the application's own", () => {
    const faults = exchanges.filter(({ status }) => status === 500);
    expect(faults.map(({ method, url }) => `${method} ${url}`)).toEqual([]);
  });
});
