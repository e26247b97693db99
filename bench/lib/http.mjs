// What for: requests as a browser without scripts makes them: cookies by server, redirects one by one. Everything is on
// 127.0.0.1.
// Not here: load (load.mjs), a real browser (browser.mjs).

import http from "node:http";

/** As browsers send when a page is opened. */
const NAVIGATION = { accept: "text/html", "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

export const newAgent = () => new http.Agent({ keepAlive: true, maxSockets: 256 });

/**
 * @param {{ port: number, path: string, host?: string, method?: string, headers?: object, agent?: http.Agent | false,
 *   body?: string }} what
 * @returns {Promise<{ status: number, headers: http.IncomingHttpHeaders, body: Buffer }>}
 */
export function request({ port, path, host = `localhost:${port}`, method = "GET", headers = {}, agent, body }) {
  return new Promise((resolve, reject) => {
    const what = { host: "127.0.0.1", port, path, method, agent, headers: { host, ...NAVIGATION, ...headers } };
    const sent = http.request(what, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.setTimeout(30_000, () => sent.destroy(new Error(`${method} ${path}: no answer within 30 s`)));
    sent.end(body);
  });
}

/** What one browser remembers. */
export class Visitor {
  #jars = new Map();

  constructor(agent) {
    this.agent = agent;
  }

  /** The value of the header `cookie` for an origin. */
  cookies(origin) {
    return [...(this.#jars.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  async get(url) {
    const { origin, host, port, pathname, search } = new URL(url);
    const cookie = this.cookies(origin);
    const headers = cookie === "" ? {} : { cookie };
    const answer = await request({ port: Number(port), host, path: pathname + search, headers, agent: this.agent });
    if (!this.#jars.has(origin)) this.#jars.set(origin, new Map());
    const jar = this.#jars.get(origin);
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "" || /max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }

  /** Follows redirects until one leads to `end`, which is not asked for any more. */
  async follow(from, end) {
    let url = from;
    for (let hops = 0; hops < 12; hops += 1) {
      const { status, headers, body } = await this.get(url);
      if (status < 300 || status > 399) {
        const { pathname } = new URL(url);
        throw new Error(`${pathname} answered ${status} instead of a redirect: ${body.toString().slice(0, 300)}`);
      }
      url = new URL(headers.location, url).href;
      if (url === end) return;
    }
    throw new Error(`${from} leads on and on`);
  }
}
