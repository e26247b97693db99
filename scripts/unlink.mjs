// What for: after files are gone, makes text of the links of Markdown documents that led there, so that the documents of a project
// name what it doesn't have, but lead nowhere wrong. Called by remove-part.sh and start-project.sh.
// Not here: finding wrong links (lint-links.mjs).

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const others = new Set([".git", "target", "node_modules", "data", "crates"]);

/** Every document below a folder. */
const documents = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return others.has(entry.name) ? [] : documents(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });

/** Documents of the projects that are made of this one; they are moved to the root there. */
const folderOf = (file) => (file.startsWith("docs/template/") ? "" : dirname(file));

for (const file of documents(".")) {
  const before = readFileSync(file, "utf8");
  const after = before.replace(/\[([^\][]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)/g, (link, text, path) =>
    existsSync(normalize(join(folderOf(file), decodeURIComponent(path)))) ? link : text,
  );
  if (after !== before) {
    writeFileSync(file, after);
    console.log(`  changed links of ${file}`);
  }
}
