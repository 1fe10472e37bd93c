// A control plane for tests and for development: the bundle, and the API over a fleet of test/mock/fleet.ts.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { AddressInfo, Socket } from "node:net";
import type { Role, Session } from "../../src/api/answers";
import type { PopState, Window } from "../../src/api/figures";
import * as answers from "./answers";
import * as fleet from "./fleet";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
};
// As control-plane/dashboard/serve.cc has it.
export const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const FIRST_SECOND = 1_764_072_000;

export class Mock {
  readonly states = new Map<string, PopState>();
  problem = "";
  acknowledging = true; // else purges wait
  refusing = false; // answers 503 to everything under /v1
  readonly tokens = new Map<string, Role>(); // by secret; with none, nobody has to log in
  readonly purges: answers.MockPurge[] = [];
  private readonly places: ReturnType<typeof fleet.places>;
  private readonly streams = new Set<ServerResponse>();
  private readonly sockets = new Set<Socket>();
  private second = FIRST_SECOND;
  private readonly server = createServer((request, response) => this.answer(request, response));

  constructor(pops: number, private readonly files: string) {
    this.places = fleet.places(pops);
    this.server.on("connection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
  }

  listen(port = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, "127.0.0.1", () =>
        resolve(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`));
    });
  }
  // Connections and all, as a process that ends.
  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  // The next second: what the live stream tells everybody.
  tick(): void {
    ++this.second;
    this.beat();
  }
  // The same second again: time stands still, and yet nobody thinks that the server is gone.
  beat(): void {
    for (const stream of this.streams) this.say(stream, "sample", this.sample());
  }
  tellLayout(): void {
    for (const stream of this.streams) this.say(stream, "layout", this.layout());
  }
  get listeners(): number {
    return this.streams.size;
  }

  private layout = () => fleet.layout(this.places, this.problem);
  private readonly stateOf = (pop: string): PopState => this.states.get(pop) ?? "active";
  private sample = () => fleet.sample(this.places, this.stateOf, this.second);

  private say(stream: ServerResponse, event: string, data: unknown): void {
    stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://mock");
    if (!url.pathname.startsWith("/v1/")) return this.file(url.pathname, response);
    if (this.refusing) return json(response, 503, { error: "the mock refuses" });
    if (url.pathname === "/v1/session" && request.method !== "GET") return this.changeSession(request, response);
    const session = this.sessionOf(/atoll_session=([^;]*)/.exec(request.headers.cookie ?? "")?.[1]);
    if (session === null) return json(response, 401, { error: "this needs a token" });
    if (url.pathname === "/v1/session") return json(response, 200, session);
    if (request.method === "POST" && session.role === "viewer") return json(response, 403, { error: "this needs the role operator" });
    if (url.pathname === "/v1/live") return this.live(response);
    if (url.pathname === "/v1/purge") return this.purge(request, response);
    const [status, body] = this.read(url);
    json(response, status, body);
  }

  private read(url: URL): readonly [number, unknown] {
    const number = /^\/v1\/purges\/(\d+)$/.exec(url.pathname)?.[1];
    if (number) {
      const purge = this.purges[Number(number) - 1];
      return purge ? [200, answers.progress(purge, this.places, this.acknowledging)] : [404, { error: "not known" }];
    }
    switch (url.pathname) {
      case "/v1/series": {
        const pop = url.searchParams.get("pop");
        return [200, fleet.series(this.places, this.stateOf, url.searchParams.get("window") as Window, pop, this.second + 1)];
      }
      case "/v1/pops": return [200, { pops: answers.pops(this.places, this.stateOf) }];
      case "/v1/config": return [200, answers.config(this.places)];
      case "/v1/route": return answers.route(url.searchParams, this.places, this.stateOf);
      default: return [404, { error: "there is nothing here" }];
    }
  }

  private live(response: ServerResponse): void {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
    this.say(response, "layout", this.layout());
    this.say(response, "sample", this.sample());
  }

  // Streams end when their tokens do.
  forget(secret: string): void {
    this.tokens.delete(secret);
    for (const stream of this.streams) stream.end();
  }

  private sessionOf(secret: string | undefined): Session | null {
    if (this.tokens.size === 0) return { authentication: "off", token: null, role: "admin", expires_s: null };
    const role = this.tokens.get(secret ?? "");
    return role ? { authentication: "required", token: `the-${role}`, role, expires_s: 1_764_158_400 } : null;
  }

  private changeSession(request: IncomingMessage, response: ServerResponse): void {
    const cookie = (value: string): void => void response.setHeader("Set-Cookie", `atoll_session=${value}; Path=/; HttpOnly; SameSite=Strict`);
    if (request.method === "DELETE") {
      cookie("; Max-Age=0");
      return json(response, 200, { ended: true });
    }
    read(request, (body) => {
      const { token } = JSON.parse(body) as { token: string };
      const session = this.sessionOf(token);
      if (session === null) return json(response, 401, { error: "there is no such token" });
      cookie(token);
      json(response, 200, session);
    });
  }

  private purge(request: IncomingMessage, response: ServerResponse): void {
    read(request, (body) => {
      const purge = answers.parsePurge(body);
      if ("error" in purge) return json(response, 400, purge);
      this.purges.push({ ...purge, number: this.purges.length + 1 });
      json(response, 202, { number: this.purges.length });
    });
  }

  private file(path: string, response: ServerResponse): void {
    const name = path === "/" ? "index.html" : path.replace(/^\/dashboard\//, "");
    let bytes: Buffer;
    try {
      if (name.includes("/")) throw new Error("not one of ours");
      bytes = readFileSync(join(this.files, name));
    } catch {
      return json(response, 404, { error: "no such file" });
    }
    response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "", "Content-Security-Policy": POLICY });
    response.end(bytes);
  }
}

function read(request: IncomingMessage, then: (body: string) => void): void {
  let body = "";
  request.on("data", (piece) => { body += String(piece); });
  request.on("end", () => then(body));
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}
