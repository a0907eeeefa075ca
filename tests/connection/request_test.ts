// Where sockets and timers belong to a request, as in Workers: what one leaves behind holds up none that comes later.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, connectPool } from "../../mod.ts";
import { type Sendable, Waiting } from "../../src/connection/waiting.ts";
import { connectTransport } from "../../src/transport/default.ts";
import type { Connect, Transport } from "../../src/transport/transport.ts";
import { answering, HELLO, startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";
import { held } from "../support/timers.ts";
import { open } from "./open.ts";

/** Waits for something to become true. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

/** What opens sockets that belong to a request. */
function lent(connect: (socket: number, ...to: Parameters<Connect>) => Promise<Transport>): Connect {
  let sockets = 0;
  return Object.assign((...to: Parameters<Connect>) => connect(++sockets, ...to), { here: () => () => true });
}

/** Hangs up when it is told to, and agrees with everything else. */
const startFickle = () =>
  startScripted((peer, index) =>
    answering(([command, ...names]) => {
      if (command === "LEAVE") return void peer.destroy();
      if (command!.endsWith("SUBSCRIBE")) return `>3\r\n+${command!.toLowerCase()}\r\n+${names[0]}\r\n:1\r\n`;
      return command === "HELLO" ? HELLO : "+OK\r\n";
    })(peer, index)
  );

test("a lost connection is opened again for the next command, which has time to wait for the server", async () => {
  await using server = await startFickle();
  let tried = 0;
  const connect = lent((socket, ...to) => {
    tried = socket;
    return socket > 1 && socket < 5 ? Promise.reject(new Error("refused")) : connectTransport(...to);
  });
  const states: string[] = [];
  const onState = (state: string): void => void states.push(state);
  await using redis = await open(server.url, { connect, backoff: () => 1, onState });
  await assertRejects(() => redis.call("LEAVE"), ConnectionError);
  await pause();
  assertEquals([tried, states.at(-1)], [1, "reconnecting"]);
  assertEquals(await Promise.all([redis.set("a", 1), redis.session((session) => session.set("b", 1))]), ["OK", "OK"]);
  assert(tried >= 5);
  assertEquals(states.at(-1), "ready");
  await assertRejects(() => redis.call("LEAVE"), ConnectionError);
  // Nobody has to ask before it can be closed.
  await redis.close();
});

test("what subscriptions or a pool of several needs is opened again at once", async () => {
  await using server = await startFickle();
  const connect = lent((_, ...to) => connectTransport(...to));
  await using redis = await open(server.url, { connect, backoff: () => 1 });
  await using _news = await redis.subscribe("news");
  await assertRejects(() => redis.call("LEAVE"), ConnectionError);
  await (await server.peer(1)).until("SUBSCRIBE");
  await using pool = await connectPool(server.url, { connect, clientInfo: false, size: 2, backoff: () => 1 });
  await assertRejects(() => pool.call("LEAVE"), ConnectionError);
  await (await server.peer(3)).until("HELLO");
});

test("a way to a connection that ended with its request is not waited for", async () => {
  await using server = await startFickle();
  const connectTimeout = 1500;
  let tried = 0;
  const connect = lent((socket, ...to) => {
    tried = socket;
    return socket === 2 ? new Promise(() => {}) : connectTransport(...to);
  });
  await using redis = await open(server.url, { connect, connectTimeout, queueTimeout: 0, queueLimit: 2 });
  await assertRejects(() => redis.call("LEAVE"), ConnectionError);
  using limit = held(connectTimeout);
  const left = [redis.get("left")];
  await until(() => tried === 2);
  limit.pass(connectTimeout + 900);
  left.push(redis.get("soon"));
  await pause();
  assertEquals([tried, limit.size], [2, 1]);
  limit.pass(200);
  assertEquals(await Promise.all([...left, redis.get("late")]), ["OK", "OK", "OK"]);
  // Of the one that was given up nothing is left where its timer would have come.
  assertEquals([tried, limit.size], [3, 0]);
});

test("what waits for a connection is given up in time, whichever request ended before", () => {
  using timers = held(600, 700);
  let request = 1;
  const here = () => {
    const own = request;
    return () => own === request;
  };
  const part: Sendable = { mode: 0, owed: 1, patient: false, chunks: [], reply: () => true, fail() {} };
  const over: Sendable[] = [];
  const waiting = new Waiting(700, (take) => over.push(...take()), here);
  for (const sizes of [[1, 1], [2, 2]]) {
    for (const size of sizes) {
      waiting.push(part);
      assertEquals(timers.size, size);
    }
    request++;
  }
  timers.pass(701);
  timers.fire();
  assertEquals([over.length, waiting.size, timers.size], [4, 0, 0]);
});

test("whoever has more to write while bytes wait finds out that the socket is of no use", async () => {
  await using server = await startFickle();
  let isEnded = false;
  let written = 0;
  const connect = lent(async (socket, ...to) => {
    const transport = await connectTransport(...to);
    if (socket > 1) return transport;
    return {
      write(bytes) {
        if (!isEnded) return transport.write(bytes);
        written += bytes.length;
        return false;
      },
      get waiting() {
        return transport.waiting + written;
      },
      check: () => transport.destroy(),
      destroy: () => transport.destroy(),
    };
  });
  await using redis = await open(server.url, { connect });
  isEnded = true;
  const lost = assertRejects(() => redis.set("a", 1), ConnectionError, "it may have run");
  await until(() => written > 0);
  assertEquals(await redis.set("b", 2), "OK");
  await lost;
});
