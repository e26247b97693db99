// What for: the table: each measure with what it must keep and what it aims at. All limits of the project's speed and weight
// stand here.
// Not here: how anything is measured.

import { REPLICAS } from "./replicas.mjs";
import { ROUTES } from "./dashboard.mjs";
import { OURS, PEERS } from "./servers.mjs";

/** Whose figures stand beside ours. */
const BESIDE = [...PEERS, "bare axum", "ours, memory", "ours, Redis"].filter((name) => name !== OURS);

/**
 * @typedef {{ at: number, text: string, strict?: boolean }} Limit  the most that is allowed, in a number and in words
 * @typedef {import("./samples.mjs").Summary} Summary
 * @typedef {{ measure: string, value: number, unit: string, range: [number, number], must: string, aim: string,
 *   holds: boolean | null, reaches: boolean | null, limits: { must?: number, aim?: number },
 *   peers: Record<string, Summary> }} Row
 */

/** @returns {Limit | undefined} */
const most = (at, unit) => ({ at, text: `≤ ${at.toLocaleString("en")}${unit === "" ? "" : ` ${unit}`}` });
const below = (at, unit) => ({ at, text: `< ${at} ${unit}`, strict: true });

/** The smallest of several parts of the peers' figures; nothing if one of those was not measured. */
function shares(...parts) {
  if (parts.some(([, of]) => of === undefined)) return undefined;
  const at = Math.min(...parts.map(([share, of]) => share * of.value));
  return { at, text: parts.map(([share, of, text]) => `≤ ${text} (${round(share * of.value)})`).join(", ") };
}

/** Three digits, or the whole number if it has more. */
const round = (value) => (value >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));

/** @param {import("./samples.mjs").Samples} samples */
export function rowsOf(samples) {
  /** @type {Row[]} */
  const rows = [];
  const peersOf = (key) => {
    const found = BESIDE.map((name) => [name, samples.of(key, name)]).filter(([, summary]) => summary !== undefined);
    return Object.fromEntries(found.map(([name, { value, range }]) => [name, { value: round(value), range: range.map(round) }]));
  };

  /**
   * Adds a row, if it was measured. With `every`, the worst of all rounds has to keep the limit, not the middle one.
   * @param {{ must?: Limit, aim?: Limit, server?: string, every?: boolean, peers?: boolean }} options
   */
  const row = (measure, key, unit, { must, aim, server = OURS, every = false, peers = server === OURS } = {}) => {
    const summary = samples.of(key, server);
    if (summary === undefined) return;
    add(measure, unit, summary, must, aim, every, peers ? peersOf(key) : {});
  };

  const add = (measure, unit, { value, range }, must, aim, every, peers) => {
    const judged = every ? range[1] : value;
    const keeps = (limit) => (limit === undefined ? null : limit.strict ? judged < limit.at : judged <= limit.at);
    rows.push({
      measure,
      value: round(value),
      unit,
      must: must?.text ?? "",
      aim: aim?.text ?? "",
      holds: keeps(must),
      reaches: keeps(aim),
      range: range.map(round),
      limits: { ...(must && { must: round(must.at) }), ...(aim && { aim: round(aim.at) }) },
      peers,
    });
  };

  const of = (key, name) => samples.of(key, name);

  // 0.85 and 0.6 of what Next.js 16 was measured to send, compressed with gzip as `next start` does.
  const code = { must: most(115_000, "B"), aim: most(80_000, "B") };
  row("script and WASM of the first visit to `/dashboard`", "code of the dashboard", "B", code);
  const still = { must: most(10_000, "B"), aim: most(0, "B") };
  row("the same of `/logged-out`, where nothing moves", "code of a still page", "B", still);
  row("the same of an error page", "code of an error page", "B", still);

  const cpu = "dashboard cpu";
  const [byNext, byExpress] = PEERS.map((name) => of(cpu, name));
  row(`processor time of a dashboard, ${OURS}`, cpu, "µs", {
    must: shares([1 / 30, byNext, "1/30 of Next.js"], [0.4, byExpress, "0.4 of Express"]),
    aim: shares([1 / 40, byNext, "1/40 of Next.js"], [0.3, byExpress, "0.3 of Express"]),
  });
  for (const name of ["ours, memory", "ours, Redis"]) {
    if (name !== OURS) row(`the same, ${name}`, cpu, "µs", { server: name });
  }
  row("the same page for anybody, without a session (`/bench/page`)", cpu, "µs", { server: "ours, public" });
  const [mine, bare] = [of(cpu, OURS), of(cpu, "bare axum")];
  if (mine && bare) {
    const range = [mine.range[0] / bare.range[1], mine.range[1] / bare.range[0]];
    const times = { value: mine.value / bare.value, range };
    add("a dashboard, in times of the same bytes from a bare axum handler", "×", times, most(15, "×"), most(8, "×"), false, {});
  }
  row("dashboards a second on one core", "dashboard rate", "/s");

  const signIn = "sign-in cpu";
  row(`processor time of a whole sign-in, ${OURS}`, signIn, "µs", {
    must: shares([0.2, of(signIn, "Express"), "0.2 of Express"]),
    aim: shares([0.1, of(signIn, "Express"), "0.1 of Express"]),
  });
  for (const name of ["ours, memory", "ours, Redis"]) {
    if (name !== OURS) row(`the same, ${name}`, signIn, "µs", { server: name });
  }

  const [calls, lost] = [{ every: true, must: most(1, "") }, { every: true, must: most(0, "") }];
  row("200 requests at once, access token ended: token calls", "token calls of a storm", "", calls);
  row("the same: requests without a dashboard", "lost in a storm", "", lost);
  row("the same over three replicas: token calls", "token calls of a storm", "", { ...calls, server: REPLICAS });
  row("the same over three replicas: requests without a dashboard", "lost in a storm", "", { ...lost, server: REPLICAS });

  row("half the highest rate: 99 of 100 dashboards within", "p99", "ms", { must: below(10, "ms"), aim: below(4, "ms") });
  row("half the highest rate: 999 of 1000 within", "p99.9", "ms", { must: below(25, "ms"), aim: below(8, "ms") });

  const nodes = PEERS.map((name) => of("start", name)).filter((summary) => summary !== undefined);
  const fastest = nodes.length === PEERS.length ? nodes.toSorted((one, other) => one.value - other.value)[0] : undefined;
  row("from the start to ready, the database being there", "start", "ms", {
    must: shares([1 / 8, fastest, "1/8 of the faster peer"]),
    aim: shares([1 / 12, fastest, "1/12 of the faster peer"]),
  });
  row("memory after the start", "memory after start", "MB");
  row("memory under load", "memory under load", "MB", { must: below(40, "MB") });
  row("three replicas on one core: dashboards a second in all", "dashboard rate", "/s", { server: REPLICAS });
  row("three replicas: processor time of a dashboard", cpu, "µs", { server: REPLICAS });
  for (const [what] of ROUTES) {
    row(`${what}: processor time`, "route cpu", "µs", { server: what });
    row(`${what}: a second, on one core`, "route rate", "/s", { server: what });
  }
  row("the page is alive after, on a slow telephone", "hydrated after", "ms");
  return rows;
}
