/**
 * Other people's clients, all with one face: what a test needs of them to share a server with us.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { findBinary } from "../support/binaries.ts";
import type { Server } from "../support/servers.ts";

/** A client that is not ours. */
export interface Peer extends AsyncDisposable {
  /** Sets a key. */
  set(key: string, value: Uint8Array): Promise<void>;
  /** Gives what a key holds. */
  get(key: string): Promise<Uint8Array>;
  /** Calls a script by its digest, with one key and one argument. */
  evalsha(digest: string, key: string, arg: string): Promise<string>;
  /** Loads a script, and gives its digest. */
  scriptLoad(lua: string): Promise<string>;
  /** Adds an entry with one field. */
  xadd(stream: string, field: string, value: Uint8Array): Promise<string>;
  /** The value of the only field of the newest entry. */
  newest(stream: string): Promise<Uint8Array>;
  /** Reads new entries as a consumer, and gives their ids. */
  xreadgroup(group: string, consumer: string, stream: string): Promise<string[]>;
  /** Publishes, and gives how many heard it. */
  publish(channel: string, message: Uint8Array): Promise<number>;
  /** Waits for one message of a channel; `ready` resolves once it listens. */
  once(channel: string): { ready: Promise<void>; message: Promise<Uint8Array> };
}

/** How to get at a peer, or why it is not there. */
export interface Known {
  readonly name: string;
  readonly absent: string | false;
  open(server: Server): Promise<Peer>;
}

/** Somebody's package, unless it is not installed. Named at run time: who type-checks this need not have it. */
async function load<T>(name: string): Promise<T | undefined> {
  try {
    return await import(name) as T;
  } catch {
    return undefined;
  }
}

function bytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).slice();
}

/** What Node calls a Buffer, which these clients want their bytes in. */
async function buffer(value: Uint8Array): Promise<Uint8Array> {
  return (await import("node:buffer")).Buffer.from(value);
}

// deno-lint-ignore no-explicit-any -- their types are large, and not what is tested
type Foreign = any;

async function ioredis(): Promise<Known> {
  const module = await load<Foreign>("ioredis");
  return {
    name: "ioredis",
    absent: module === undefined && "ioredis is not installed",
    async open(server) {
      const client = new module.Redis(server.port, server.hostname);
      const subscriber = new module.Redis(server.port, server.hostname);
      await Promise.all([client.ping(), subscriber.ping()]);
      return {
        set: async (key, value) => void await client.set(key, await buffer(value)),
        get: async (key) => bytes(await client.getBuffer(key)),
        evalsha: (digest, key, arg) => client.evalsha(digest, 1, key, arg),
        scriptLoad: (lua) => client.script("LOAD", lua),
        xadd: async (stream, field, value) => await client.xadd(stream, "*", field, await buffer(value)),
        newest: async (stream) => bytes((await client.xrevrangeBuffer(stream, "+", "-", "COUNT", 1))[0][1][1]),
        xreadgroup: async (group, consumer, stream) => {
          const [[, entries]] = await client.xreadgroup("GROUP", group, consumer, "STREAMS", stream, ">");
          return entries.map(([id]: [string]) => id);
        },
        publish: async (channel, message) => await client.publish(channel, await buffer(message)),
        once: (channel) => ({
          message: new Promise((resolve) =>
            subscriber.once("messageBuffer", (_: unknown, got: Uint8Array) => resolve(bytes(got)))
          ),
          ready: subscriber.subscribe(channel),
        }),
        [Symbol.asyncDispose]: async () => void await Promise.all([client.quit(), subscriber.quit()]),
      };
    },
  };
}

async function nodeRedis(): Promise<Known> {
  const module = await load<Foreign>("@redis/client");
  return {
    name: "node-redis",
    absent: module === undefined && "@redis/client is not installed",
    async open(server) {
      const client = module.createClient({ url: server.url });
      const subscriber = client.duplicate();
      client.on("error", () => {});
      subscriber.on("error", () => {});
      await Promise.all([client.connect(), subscriber.connect()]);
      const { Buffer } = await import("node:buffer");
      const binary = client.withTypeMapping({ [module.RESP_TYPES.BLOB_STRING]: Buffer });
      return {
        set: async (key, value) => void await client.set(key, await buffer(value)),
        get: async (key) => bytes(await binary.get(key)),
        evalsha: (digest, key, arg) => client.evalSha(digest, { keys: [key], arguments: [arg] }),
        scriptLoad: (lua) => client.scriptLoad(lua),
        xadd: async (stream, field, value) => await client.xAdd(stream, "*", { [field]: await buffer(value) }),
        newest: async (stream) => {
          const [entry] = await binary.xRevRange(stream, "+", "-", { COUNT: 1 });
          return bytes(Object.values(entry.message)[0] as Uint8Array);
        },
        xreadgroup: async (group, consumer, stream) => {
          const [{ messages }] = await client.xReadGroup(group, consumer, { key: stream, id: ">" });
          return messages.map(({ id }: { id: string }) => id);
        },
        publish: async (channel, message) => await client.publish(channel, await buffer(message)),
        once: (channel) => {
          let ready: Promise<void> | undefined;
          const message = new Promise<Uint8Array>((resolve) =>
            ready = subscriber.subscribe(channel, (got: Uint8Array) => resolve(bytes(got)), true)
          );
          return { ready: ready!, message };
        },
        [Symbol.asyncDispose]: async () => void await Promise.all([client.close(), subscriber.close()]),
      };
    },
  };
}

/** The program beside the server's. */
function cliProgram(): string[] | undefined {
  const command = findBinary()?.command;
  const path = command?.at(-1)?.replace(/-server$/, "-cli");
  return path !== undefined && existsSync(path) ? [...command!.slice(0, -1), path] : undefined;
}

/** Runs it once; what it is given on its standard input is the last argument. */
function runCli(command: string[], input?: Uint8Array): Promise<Uint8Array> {
  const child = spawn(command[0]!, command.slice(1));
  const chunks: Uint8Array[] = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(join(chunks)));
  });
}

function join(chunks: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Waits until a program has said so many lines, and gives all it has said. */
function lines(child: ChildProcess, count: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  return new Promise((resolve) =>
    child.stdout!.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      const whole = join(chunks);
      if (whole.filter((byte) => byte === 10).length >= count) resolve(whole);
    })
  );
}

function cli(): Known {
  const program = cliProgram();
  const decoder = new TextDecoder();
  return {
    name: "redis-cli",
    absent: program === undefined && "there is no redis-cli beside the server",
    open(server) {
      const command = [...program!, "-p", String(server.port), "--raw"];
      const children = new Set<ChildProcess>();
      // Its output ends with a line feed of its own.
      const raw = async (words: string[], input?: Uint8Array) =>
        (await runCli([...command, ...(input ? ["-x"] : []), ...words], input)).slice(0, -1);
      const text = async (words: string[], input?: Uint8Array) => decoder.decode(await raw(words, input));
      return Promise.resolve<Peer>({
        set: async (key, value) => void await raw(["SET", key], value),
        get: (key) => raw(["GET", key]),
        evalsha: (digest, key, arg) => text(["EVALSHA", digest, "1", key, arg]),
        scriptLoad: (lua) => text(["SCRIPT", "LOAD", lua]),
        xadd: (stream, field, value) => text(["XADD", stream, "*", field], value),
        newest: async (stream) => {
          const reply = await raw(["XREVRANGE", stream, "+", "-", "COUNT", "1"]);
          // The id, the field and the value, one a line; the value may hold line feeds.
          const field = reply.indexOf(10) + 1;
          return reply.slice(reply.indexOf(10, field) + 1);
        },
        xreadgroup: async (group, consumer, stream) =>
          Array.from(
            (await text(["XREADGROUP", "GROUP", group, consumer, "STREAMS", stream, ">"])).matchAll(/^\d+-\d+$/gm),
            ([id]) => id,
          ),
        publish: async (channel, message) => Number(await text(["PUBLISH", channel], message)),
        once: (channel) => {
          const child = spawn(command[0]!, [...command.slice(1), "SUBSCRIBE", channel]);
          children.add(child);
          const ready = lines(child, 3);
          const heard = lines(child, 6).then((said) => {
            const kind = decoder.decode(said).indexOf("\nmessage\n") + "\nmessage\n".length;
            return said.slice(kind + new TextEncoder().encode(channel).length + 1, -1);
          });
          return { ready: ready.then(() => {}), message: heard };
        },
        [Symbol.asyncDispose]: async () => {
          const ended = Array.from(children, (child) => new Promise((resolve) => child.on("close", resolve)));
          for (const child of children) child.kill();
          await Promise.all(ended);
        },
      });
    },
  };
}

/** Everybody we know. */
export const PEERS: readonly Known[] = [cli(), await ioredis(), await nodeRedis()];
