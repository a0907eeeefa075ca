/**
 * The adapters that run here, and a handler that writes down what it is told: for every test of this folder.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Connect, Transport, TransportHandler } from "../../src/transport/transport.ts";
import { concat } from "../support/bytes.ts";
import type { ScriptedServer } from "../support/scripted.ts";

/** One implementation of the seam. */
export interface Adapter {
  readonly name: string;
  readonly connect: Connect;
}

/** Every adapter that the runtime we are in can run. */
export async function adapters(): Promise<Adapter[]> {
  const found: Adapter[] = [
    { name: "node", connect: (await import("../../src/transport/node.ts")).connect },
  ];
  if ("Deno" in globalThis) {
    found.push({ name: "deno", connect: (await import("../../src/transport/deno.ts")).connect });
  }
  if ("Bun" in globalThis) found.push({ name: "bun", connect: (await import("../../src/transport/bun.ts")).connect });
  return found;
}

/** A handler that remembers, and fails on what must not happen. */
export class Recorder implements TransportHandler {
  transport!: Transport;
  /** How many bytes came. */
  size = 0;
  drains = 0;
  closes = 0;
  error: Error | undefined;
  /** Called with each chunk, which is only borrowed. */
  onData: (chunk: Uint8Array) => void = () => {};
  /** Where the next bytes are to be read to, if anywhere. */
  room?: () => Uint8Array | undefined;
  #text = "";
  #opened = false;
  #broken: string | undefined;
  #waiters: (() => void)[] = [];

  /** Opens a socket with this handler. */
  static async open(connect: Connect, ...[address, signal]: [Parameters<Connect>[0], AbortSignal?]): Promise<Recorder> {
    const recorder = new Recorder();
    const opening = connect(address, recorder, signal);
    void opening.then(() => recorder.#opened = true, () => {});
    recorder.transport = await opening;
    return recorder;
  }

  data(chunk: Uint8Array): void {
    this.#check("data");
    this.size += chunk.length;
    if (this.size <= 1000) this.#text += new TextDecoder().decode(chunk);
    this.onData(chunk);
    this.#wake();
  }

  drain(): void {
    this.#check("drain");
    if (this.transport.waiting !== 0) this.#broken ??= `drain while ${this.transport.waiting} bytes wait`;
    this.drains++;
    this.#wake();
  }

  close(error?: Error): void {
    this.#check("close");
    this.closes++;
    this.error = error;
    this.#wake();
  }

  /** The first thousand bytes as text. */
  get text(): string {
    return this.#text;
  }

  /** Waits until the condition holds; fails if the socket closes first. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      assert(this.closes === 0, `closed first: ${this.error}`);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    this.verify();
  }

  /** Waits for `close`, and some turns longer for what must not follow it. */
  async closed(): Promise<void> {
    while (this.closes === 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setTimeout(resolve));
    this.verify();
    assertEquals(this.closes, 1);
  }

  /** Fails if the seam's promises were broken so far. */
  verify(): void {
    assertEquals(this.#broken, undefined);
  }

  #check(what: string): void {
    if (!this.#opened) this.#broken ??= `${what} before the promise resolved`;
    if (this.closes > 0) this.#broken ??= `${what} after close`;
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}

/** Fails if a socket was opened to this server. It would be known before one that is opened now. */
export async function neverOpened(server: ScriptedServer, connect: Connect): Promise<void> {
  const client = await Recorder.open(connect, server);
  client.transport.write(concat("x"));
  while (!server.peers.some(({ text }) => text === "x")) await new Promise((resolve) => setTimeout(resolve));
  assertEquals(server.peers.length, 1);
  client.transport.destroy();
  await client.closed();
}
