// What for: the results, as a table for people and as JSON for programs.
// Not here: what the rows are (rows.mjs).

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { bench, isPinned, output, repository, rounds, seconds } from "./settings.mjs";

const said = (program, ...args) => {
  try {
    const quietly = { cwd: repository, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
    return execFileSync(program, args, quietly).trim();
  } catch {
    return "";
  }
};

const commit = () => {
  const head = said("git", "rev-parse", "--short=12", "HEAD");
  return head === "" ? "unknown" : `${head}${said("git", "status", "--porcelain") === "" ? "" : " and changes"}`;
};

const machine = () =>
  `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, ${(totalmem() / 1e9).toFixed(0)} GB, Linux ${release()}, ` +
  `${said("rustc", "--version").split(" ").slice(0, 2).join(" ")}, Node ${process.versions.node}`;

/** What the peers are made of. */
const versions = () => {
  const of = (folder) => JSON.parse(readFileSync(`${bench}${folder}/package.json`, "utf8")).dependencies;
  return { ...of("peers/next"), ...of("peers/express"), ...of("provider") };
};

const spread = ([least, most]) => (least === most ? "" : ` (${least}–${most})`);
const cell = (summary) => (summary === undefined ? "" : `${summary.value}${spread(summary.range)}`);
const verdict = ({ holds, reaches }) => (holds === null ? "" : holds ? (reaches ? "yes, and the aim" : "yes") : "**no**");

/** @param {import("./rows.mjs").Row[]} rows */
export function report(rows) {
  const results = { commit: commit(), machine: machine(), isPinned, rounds, seconds, versions: versions(), rows };
  const lines = [
    `Commit ${results.commit}, on ${results.machine}. Medians (and ranges) of ${rounds} rounds of ${seconds} s. ` +
      (isPinned ? "Servers have a core for themselves." : "Servers share their cores with the load."),
    "",
    "| measure | unit | ours | Next.js | Express | bare axum | must | aim | holds |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows.map((row) => {
      const peers = ["Next.js", "Express", "bare axum"].map((name) => cell(row.peers[name]));
      return `| ${[row.measure, row.unit, cell(row), ...peers, row.must, row.aim, verdict(row)].join(" | ")} |`;
    }),
    "",
  ];
  const text = lines.join("\n");
  writeFileSync(`${output}results.json`, `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(`${output}results.md`, text);
  process.stdout.write(text);
}
