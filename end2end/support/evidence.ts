// What a run produced, and what must not be in it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { organizations, people } from "./emulator.ts";
import { evidence } from "./paths.ts";
import type { Exchange } from "./recorder.ts";
import { clientSecret, webhookSecret } from "./servers.ts";

/** Something to look for; every match is a finding. */
export interface Forbidden {
  what: string;
  pattern: RegExp;
  /** Tells a real match from random characters that happen to look like one. */
  confirm?: (match: string) => boolean;
}

export interface Finding {
  what: string;
  where: string;
  /** The match with its surroundings. */
  excerpt: string;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const anyOf = (texts: string[]): RegExp => new RegExp(texts.map(escaped).join("|"), "gi");

/** Whether base64url text decodes to the beginning of a JSON object with a member, as each part of a token does. */
const beginsObject = (text: string): boolean => /^\{"[a-z_]{2,24}":/.test(Buffer.from(text, "base64url").toString("latin1"));

export const tokens: Forbidden[] = [
  { what: "a part of a JSON web token", pattern: /eyJ[A-Za-z0-9_-]{8,}/g, confirm: beginsObject },
  // To the letter, since a nonce or state of 43 random characters may begin with `rt_` as well.
  { what: "a refresh token", pattern: /(?<![A-Za-z0-9_-])rt_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g },
  { what: "a token field with its value", pattern: /(access|refresh|id)_token"?\s*[:=]\s*"?[A-Za-z0-9_-]{8,}/g },
];

/** Secrets of this run. */
export function secrets(sessionSecrets: string[]): Forbidden[] {
  return [
    { what: "the client secret", pattern: anyOf([clientSecret]) },
    { what: "the webhook secret", pattern: anyOf([webhookSecret]) },
    { what: "a session key", pattern: anyOf(sessionSecrets) },
  ];
}

/** 256 random bits in base64url: a session identifier, a refresh token of the emulator's, a PKCE verifier. */
export const opaqueSecret: Forbidden = {
  what: "an opaque secret",
  pattern: /(?<![A-Za-z0-9_+/-])(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_+/=-])/g,
};

/** Everything the tokens claim about somebody. */
export const claims: Forbidden[] = [
  { what: "an e-mail address", pattern: /[A-Za-z0-9._+-]+@[a-z0-9-]+\.example/gi },
  { what: "a person's name", pattern: anyOf([...Object.values(people).map(({ name }) => name), "Hedy Lamarr"]) },
  { what: "an organization's name", pattern: anyOf(Object.values(organizations).map(({ name }) => name)) },
  { what: "an identifier of person, organization or session", pattern: /\b(usr|org|ses)_\d{6,}/g },
  { what: "an external id", pattern: anyOf(["employee-1912", "harbor-0042", "orbital-0007"]) },
  { what: "a permission", pattern: /\b(projects|members|billing):(read|write|delete|manage)\b/g },
];

/** Searches one text. */
export function search(text: string, where: string, forbidden: Forbidden[]): Finding[] {
  return forbidden.flatMap(({ what, pattern, confirm = () => true }) =>
    [...text.matchAll(pattern)].filter(([match]) => confirm(match)).map((match) => ({
      what,
      where,
      excerpt: text.slice(Math.max(0, match.index - 80), match.index + match[0].length + 20),
    })),
  );
}

/** What one worker's servers produced. */
export interface WorkerEvidence {
  name: string;
  exchanges: Exchange[];
  /** What the application printed. */
  log: string;
  /** The session store's files as they are on disk. */
  stores: { name: string; content: string }[];
  sessionSecret: string;
}

export function readEvidence(): WorkerEvidence[] {
  const folders = existsSync(evidence) ? readdirSync(evidence) : [];
  return folders.map((name) => {
    const folder = `${evidence}/${name}`;
    const read = (file: string): string => (existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, "utf8") : "");
    return {
      name,
      exchanges: read("exchanges.jsonl")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Exchange),
      log: read("app.log"),
      stores: readdirSync(folder)
        .filter((file) => file.startsWith("sessions.db"))
        .map((file) => ({ name: file, content: readFileSync(`${folder}/${file}`, "latin1") })),
      sessionSecret: read("session-secret"),
    };
  });
}
