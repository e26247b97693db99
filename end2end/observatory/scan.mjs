// Scans one page as MDN's HTTP Observatory does and prints what it found, as JSON: `node scan.mjs PORT PATH`, over https on localhost.
// The package's own command knows no paths and no ports. Nothing listens for http: a proxy that redirects is not the application's.

import { ALL_TESTS } from "@mdn/mdn-http-observatory/src/constants.js";
import { MINIMUM_SCORE_FOR_EXTRA_CREDIT } from "@mdn/mdn-http-observatory/src/grader/charts.js";
import { getGradeForScore, getScoreModifier } from "@mdn/mdn-http-observatory/src/grader/grader.js";
import { retrieve } from "@mdn/mdn-http-observatory/src/retriever/retriever.js";

const [port, path] = process.argv.slice(2);
const found = await retrieve("localhost", { httpsPort: Number(port), httpPort: 1, path });
if (!found.responses.auto) throw new Error("The page gave no answer.");

const tests = Object.fromEntries(
  ALL_TESTS.map((test) => {
    const { result, pass } = test(found);
    return [test.name, { result, pass, points: getScoreModifier(result) }];
  }),
);
const points = Object.values(tests).map((test) => test.points);
const sum = (numbers) => numbers.reduce((one, other) => one + other, 0);
const withoutBonus = 100 + sum(points.filter((one) => one < 0));
const score = withoutBonus >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? 100 + sum(points) : withoutBonus;
const { grade } = getGradeForScore(score);
console.log(JSON.stringify({ status: found.responses.auto.status, verified: found.responses.auto.verified, score, grade, tests }));
