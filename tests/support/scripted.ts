/**
 * A server that sends exactly the bytes a test gives it, when and cut as the test says: for all that a real server will
 * not do on demand.
 *
 * @example
 * ```ts ignore
 * await using server = await startScripted(async (peer) => {
 *   await peer.until("PING\r\n");
 *   await peer.send("+PO", "NG\r\n");
 *   peer.reset();
 * });
 * ```
 *
 * @module
 */
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { concat } from "./bytes.ts";

/** The server's end of one connection. */
export class Peer {
  readonly #socket: Socket;
  readonly #waiters = new Set<() => void>();
  #buffer = new Uint8Array(4096);
  #length = 0;
  #taken = 0;
  #ended = false;
  #gone = false;
  #sending: Promise<void> | undefined;
  /** Resolves once both ends are closed. A client that closes its end only leaves ours open: see `untilEnded()`. */
  readonly closed: Promise<void>;

  /** Takes over an accepted socket. */
  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => {
      this.#keep(chunk);
      this.#wake();
    });
    socket.on("error", () => {}); // a reset by the client is an end like any other here
    socket.on("end", () => this.#end());
    this.closed = new Promise((resolve) =>
      socket.on("close", () => {
        this.#gone = true;
        this.#end();
        resolve();
      })
    );
  }

  /** Everything that came so far. */
  get received(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Everything that came so far, as text. */
  get text(): string {
    return new TextDecoder().decode(this.received);
  }

  /** Whether the client has closed its end. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Waits until at least so many bytes came, or until the text occurs in what came; fails if the client closes first. */
  async until(goal: number | string): Promise<void> {
    const reached = () => typeof goal === "number" ? this.#length >= goal : this.text.includes(goal);
    while (!reached()) {
      if (this.#ended) {
        throw new Error(
          `The client closed before ${JSON.stringify(goal)}; it sent ${this.#length} bytes`,
        );
      }
      await this.#change();
    }
  }

  /** Waits for the client to close its end. */
  async untilEnded(): Promise<void> {
    while (!this.#ended) await this.#change();
  }

  /** Takes the next command off what came, waiting for the rest of it; `null` once the client has closed. */
  async command(): Promise<string[] | null> {
    for (;;) {
      const parsed = parseCommand(this.received, this.#taken);
      if (parsed) {
        this.#taken = parsed.end;
        return parsed.words;
      }
      if (this.#ended) return null;
      await this.#change();
    }
  }

  /** Sends each piece by itself: the next only after the system took the one before, and a turn later. */
  async send(...pieces: readonly (string | Uint8Array)[]): Promise<void> {
    for (const piece of pieces) {
      if (this.#gone) return;
      this.#sending = this.#sendOne(concat(piece));
      await this.#sending;
    }
  }

  /** Closes both ends, and waits until nothing is left of the connection. */
  async close(): Promise<void> {
    this.destroy();
    await this.closed;
    await this.#sending;
  }

  /** Stops reading: what the client sends fills the system's buffers, then the client's. */
  hold(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  release(): void {
    this.#socket.resume();
  }

  /** Closes our end, in order; the client's may stay open. */
  end(): void {
    this.#socket.end();
  }

  /** Breaks the connection with a TCP reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Closes both ends at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #sendOne(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      let written = false;
      this.#socket.write(bytes, () => {
        written = true;
        if (this.#gone) resolve();
        else setTimeout(resolve, 0);
      });
      void this.closed.then(() => written || resolve());
    });
  }

  #keep(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(length, this.#buffer.length * 2));
      grown.set(this.received);
      this.#buffer = grown;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.add(resolve));
  }
}

/** What a scripted server does with each connection. */
export type Script = (peer: Peer, index: number) => void | Promise<void>;

/** A listening scripted server. */
export class ScriptedServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #failures: unknown[] = [];
  readonly #waiters: (() => void)[] = [];
  #closing = false;
  /** The connections it accepted, in order. */
  readonly peers: Peer[] = [];
  /** Always loopback. */
  readonly hostname = "127.0.0.1";
  /** Its port; 0 for a unix socket. */
  readonly port: number;
  /** The path of its unix socket, if it listens on one. */
  readonly path: string | undefined;
  /** For `connect()`. */
  readonly url: string;

  /** Takes a server that listens already. */
  constructor(server: Server, script: Script) {
    this.#server = server;
    const address = server.address();
    this.port = typeof address === "object" && address ? address.port : 0;
    this.path = typeof address === "string" ? address : undefined;
    this.url = this.path ? `redis+unix://${this.path}` : `redis://${this.hostname}:${this.port}`;
    server.on(
      "connection",
      (socket) => void this.#serve(new Peer(socket), script),
    );
  }

  /** Waits for the connection with this index, the first being 0. */
  async peer(index = 0): Promise<Peer> {
    while (this.peers.length <= index) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    return this.peers[index]!;
  }

  /** Closes everything; fails if the script failed while its connection was open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    const [failure] = this.#failures;
    await Promise.all(this.peers.map((peer) => peer.close()));
    if (this.#server.listening) {
      this.#server.close();
      await once(this.#server, "close");
    }
    if (failure) throw failure;
  }

  async #serve(peer: Peer, script: Script): Promise<void> {
    // One that was still on its way in when everything was closed: nobody would close it after that.
    if (this.#closing) return peer.destroy();
    const index = this.peers.push(peer) - 1;
    for (const wake of this.#waiters.splice(0)) wake();
    try {
      await script(peer, index);
    } catch (error) {
      this.#failures.push(error);
      peer.destroy();
    }
  }
}

/** Starts one on a free loopback port, or on a unix socket. Without a script it accepts and says nothing. */
export async function startScripted(
  script: Script = () => {},
  options: { path?: string } = {},
): Promise<ScriptedServer> {
  const server = createServer({ allowHalfOpen: true });
  if (options.path) server.listen(options.path);
  else server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return new ScriptedServer(server, script);
}

/** A server's answer to HELLO. */
export const HELLO = "%1\r\n$5\r\nproto\r\n:3\r\n";

/** The same from a server that numbers its connections: this one has the number. */
export function helloAs(id: number): string {
  return `%2\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:${id}\r\n`;
}

/** A script that answers the handshake, then hands over. Whoever begins with something else fails the test. */
export function greeted(script: Script, hello: (index: number) => string = () => HELLO): Script {
  return async (peer, index) => {
    const words = await peer.command();
    if (words === null) return;
    if (words[0] !== "HELLO") throw new Error(`The first command was ${words[0]}, not HELLO`);
    await peer.send(hello(index));
    await script(peer, index);
  };
}

/** A script that answers each command with what `answer` makes of its words; `undefined` leaves it unanswered. */
export function answering(
  answer: (words: string[]) => string | Uint8Array | undefined,
): Script {
  return async (peer) => {
    for (
      let words = await peer.command();
      words;
      words = await peer.command()
    ) {
      const reply = answer(words);
      if (reply !== undefined) await peer.send(reply);
    }
  };
}

/** Reads one command (an array of bulk strings) at `start`; `null` while it is not complete. */
function parseCommand(
  bytes: Uint8Array,
  start: number,
): { words: string[]; end: number } | null {
  let at = start;
  const number = (): number | null => {
    const end = bytes.indexOf(13, at);
    if (end < 0 || end + 1 >= bytes.length) return null;
    const value = Number(new TextDecoder().decode(bytes.subarray(at + 1, end)));
    at = end + 2;
    return value;
  };
  const count = number();
  if (count === null) return null;
  const words: string[] = [];
  while (words.length < count) {
    const length = number();
    if (length === null || at + length + 2 > bytes.length) return null;
    words.push(new TextDecoder().decode(bytes.subarray(at, at + length)));
    at += length + 2;
  }
  return { words, end: at };
}
