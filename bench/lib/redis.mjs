// What for: a Redis of the run's own, beside the load: its processor time is not a server's.
// Not here: who uses it.

import { existsSync, mkdirSync } from "node:fs";
import { connect } from "node:net";
import { freePort, Process } from "./process.mjs";
import { LOAD_CORE, output } from "./settings.mjs";

/** Debian keeps servers where only root looks. */
function program(name) {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin"];
  const found = folders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`There is no ${name}: \`scripts/setup.sh ${name.split("-")[0]}\` installs it.`);
  return found;
}

const answersPing = (port) => () =>
  new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.on("data", (data) => {
      answer += data;
      socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on("close", () => resolve(answer.includes("+PONG")));
  });

/** Keeps nothing on the disk. */
export async function startRedis() {
  const port = await freePort();
  mkdirSync(`${output}data`, { recursive: true });
  const command = [program("redis-server"), "--bind", "127.0.0.1", "--port", String(port), "--maxmemory-policy", "noeviction"];
  const what = {
    name: "Redis",
    command: [...command, "--save", "", "--dir", `${output}data`],
    cwd: output,
    env: {},
    log: `${output}logs/redis.log`,
    core: LOAD_CORE,
  };
  const process = await Process.start(what, answersPing(port));
  return { url: `redis://127.0.0.1:${port}/0`, stop: () => process.stop() };
}
