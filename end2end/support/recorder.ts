// A proxy between browser and application that writes down everything that passes: the run's evidence.
//
// Playwright's own view has gaps: a body is gone once its page has moved on, and requests outside a page are not seen.
// Nothing is changed on the way. evidence.teardown.ts reads what this writes.

import { appendFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

/** One request and its answer, a line of the evidence. */
export interface Exchange {
  method: string;
  /** Path and query as the browser sent them. */
  url: string;
  /** The `Cookie` header. */
  cookie: string;
  status: number;
  setCookie: string[];
  location: string;
  contentType: string;
  /** The decoded body of documents and data; empty for static files. */
  body: string;
}

/** Bodies of these types are written down; scripts, styles, pictures and WASM are the same for everybody. */
const recordedTypes = /^(text\/html|text\/plain|application\/(json|x-www-form-urlencoded|cbor|octet-stream)|$)/;

export class Recorder {
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** Listens on a free port and passes everything on to `target` on this machine. */
  static async start(target: number, file: string): Promise<Recorder> {
    const server = createServer((incoming, outgoing) => pass(incoming, outgoing, target, file));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The system gave no port.");
    return new Recorder(server, address.port);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, target: number, file: string): void {
  const onward = request(
    { host: "127.0.0.1", port: target, method: incoming.method, path: incoming.url, headers: incoming.headers },
    (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("close", () => appendFileSync(file, `${JSON.stringify(exchange(incoming, answer, chunks))}\n`));
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
      answer.on("error", () => outgoing.destroy());
    },
  );
  onward.on("error", () => {
    // The application is gone or has hung up: so does this.
    outgoing.destroy();
  });
  outgoing.on("close", () => onward.destroy());
  incoming.pipe(onward);
}

function exchange(incoming: IncomingMessage, answer: IncomingMessage, chunks: Buffer[]): Exchange {
  const contentType = answer.headers["content-type"] ?? "";
  return {
    method: incoming.method ?? "",
    url: incoming.url ?? "",
    cookie: incoming.headers.cookie ?? "",
    status: answer.statusCode ?? 0,
    setCookie: answer.headers["set-cookie"] ?? [],
    location: answer.headers.location ?? "",
    contentType,
    body: recordedTypes.test(contentType) ? decode(Buffer.concat(chunks), answer) : "",
  };
}

function decode(body: Buffer, answer: IncomingMessage): string {
  // A body that was cut off by its reader can't be decompressed; what came is kept as it is.
  const whole = answer.complete;
  switch (answer.headers["content-encoding"]) {
    case undefined:
    case "identity":
      return body.toString("utf8");
    case "br":
      return whole && body.length > 0 ? brotliDecompressSync(body).toString("utf8") : body.toString("latin1");
    case "gzip":
      return whole && body.length > 0 ? gunzipSync(body).toString("utf8") : body.toString("latin1");
    default:
      throw new Error(`The evidence can't read content-encoding ${answer.headers["content-encoding"]}.`);
  }
}
