// What for: every link of the repository's Markdown files to a file of it, or to a heading, leads somewhere.
// Not here: links to other sites, which would make the check depend on them.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(file));

/** What stands between fences or backticks is no link. */
const prose = (text) => text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "");

/** As GitHub makes anchors of headings: backticks go, spaces become hyphens. */
const anchors = (file) =>
  new Set(
    [...readFileSync(file, "utf8").replace(/^(```|~~~)[\s\S]*?^\1/gm, "").matchAll(/^#+\s+(.*)$/gm)].map(([, heading]) =>
      heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-"),
    ),
  );

/** Documents of the projects that are made of this one; they are moved to the root there. */
const folderOf = (file) => (file.startsWith("docs/template/") ? "" : dirname(file));

const broken = [];
for (const file of files) {
  const targets = [...prose(readFileSync(file, "utf8")).matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s+(\S+)/gm)];
  for (const target of targets.map(([, inline, reference]) => inline ?? reference)) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
    const [path, anchor] = target.split("#");
    const to = path === "" ? file : normalize(join(folderOf(file), decodeURIComponent(path)));
    if (!existsSync(to)) broken.push(`${file}: there is no ${to}`);
    else if (anchor && to.endsWith(".md") && !anchors(to).has(anchor)) broken.push(`${file}: ${to} has no heading #${anchor}`);
  }
}
for (const line of broken) console.error(line);
process.exitCode = broken.length === 0 ? 0 : 1;
