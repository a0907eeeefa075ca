/**
 * A proxy that does to a connection what networks do: cuts, resets, half-closes, stalls, delays, and bytes that come one
 * at a time. What it does is planned by byte offsets, not by time, so that a seed stands for the same plan again.
 *
 * @module
 */
import { createServer, type Server, type Socket } from "node:net";
import { connect } from "node:net";
import { once } from "node:events";
import type { Random } from "./random.ts";

/** What may happen to a connection. */
export type Fault = "cut" | "reset" | "half-close" | "stall" | "freeze" | "delay" | "drip" | "refuse" | "mute";

const WEIGHTS: readonly (readonly [number, Fault])[] = [
  [5, "delay"],
  [5, "drip"],
  [4, "cut"],
  [3, "reset"],
  [3, "half-close"],
  [1, "stall"],
  [1, "freeze"],
];

/** What the proxy works with. */
export interface ProxySettings {
  readonly random: Random;
  /** Where the server listens. */
  readonly port: number;
  /** Bytes between two faults of one direction of one connection, on average. */
  readonly gap: number;
  /** A stall is longer than the client waits for a silent server; in milliseconds. */
  readonly stall: number;
  /** Called with the number of bytes that have passed to the server, over all connections. */
  readonly onBytes?: (total: number) => void;
}

/** Stands between clients and a server. */
export class Proxy implements AsyncDisposable {
  readonly #settings: ProxySettings;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #pauses = new Map<ReturnType<typeof setTimeout>, () => void>();
  #connections = 0;
  #bytes = 0;
  /** No faults are made while this is set. */
  calm = true;
  /** What has been done so far. */
  readonly done = new Map<Fault, number>();
  /** The last things that were done: connection, direction, byte, fault. */
  readonly log: string[] = [];

  constructor(server: Server, settings: ProxySettings) {
    this.#server = server;
    this.#settings = settings;
    server.on("connection", (socket) => this.#accept(socket));
  }

  /** Where it listens. */
  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** Ends every connection. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#pauses.delete(timer);
        resolve();
      }, milliseconds);
      this.#pauses.set(timer, resolve);
    });
  }

  #accept(client: Socket): void {
    const index = this.#connections++;
    const random = this.#settings.random.fork("connection", index);
    this.#adopt(client);
    const start = random.next();
    if (!this.calm && start < 0.05) {
      this.#note(index, "connect", 0, "refuse");
      return void client.destroy();
    }
    if (!this.calm && start < 0.07) return this.#note(index, "connect", 0, "mute");
    const server = this.#adopt(connect({ port: this.#settings.port, host: "127.0.0.1", allowHalfOpen: true }));
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    client.on("close", end);
    server.on("close", end);
    this.#pump(index, "up", client, server, random.fork("up"));
    this.#pump(index, "down", server, client, random.fork("down"));
  }

  #adopt(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {}); // its end is all that matters
    socket.on("close", () => this.#sockets.delete(socket));
    return socket;
  }

  #note(index: number, direction: string, at: number, fault: Fault): void {
    this.done.set(fault, (this.done.get(fault) ?? 0) + 1);
    if (this.log.push(`connection ${index}, ${direction}, byte ${at}: ${fault}`) > 200) this.log.shift();
  }

  /** Moves bytes one way, with what is planned for that way. */
  #pump(index: number, direction: "up" | "down", from: Socket, to: Socket, random: Random): void {
    const plan = (): number => random.gap(this.#settings.gap);
    let passed = 0;
    let next = plan();
    let drip = 0;
    let shut = false;
    const write = async (bytes: Uint8Array): Promise<void> => {
      if (shut || to.destroyed || bytes.length === 0) return;
      passed += bytes.length;
      if (direction === "up") this.#settings.onBytes?.(this.#bytes += bytes.length);
      if (!to.write(bytes)) await Promise.race([once(to, "drain"), once(to, "close")]).catch(() => {});
    };
    const strike = async (): Promise<void> => {
      const fault = random.pick(WEIGHTS);
      next = passed + plan();
      if (this.calm) return;
      this.#note(index, direction, passed, fault);
      if (fault === "cut") from.destroy();
      else if (fault === "reset") (direction === "up" ? from : to).resetAndDestroy();
      else if (fault === "half-close") to.end(() => shut = true);
      else if (fault === "drip") drip = 1 + random.below(40);
      else if (fault === "freeze") await Promise.race([once(from, "close"), once(to, "close")]).catch(() => {});
      else await this.#pause(fault === "stall" ? this.#settings.stall : random.below(15));
    };
    const move = async (chunk: Uint8Array): Promise<void> => {
      while (chunk.length > 0 && !from.destroyed) {
        const size = drip > 0 ? 1 : Math.max(1, Math.min(chunk.length, next - passed));
        await write(chunk.subarray(0, size));
        chunk = chunk.subarray(size);
        if (shut) return;
        if (drip > 0 && drip-- > 0) await this.#pause(0);
        else if (passed >= next) await strike();
      }
    };
    from.on("data", (chunk: Uint8Array) => {
      from.pause();
      void move(chunk).then(() => from.resume());
    });
    from.on("end", () => to.end());
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cutAll();
    for (const [timer, resume] of this.#pauses) {
      clearTimeout(timer);
      resume();
    }
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Starts one on a free port. It is calm until told otherwise. */
export async function startProxy(settings: ProxySettings): Promise<Proxy> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return new Proxy(server, settings);
}
