// Cloudflare's own runtime, a real Redis, and the package as npm has it: what a Worker can do with us.
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { noOpenssl } from "../support/certificates.ts";
import { answering, HELLO, startScripted } from "../support/scripted.ts";
import { missing, startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { install, NAME, PACKAGE, without } from "./packed.ts";
import { noBuild, ROOT } from "./built.ts";
import { Project } from "./run_program.ts";
import { bundle, noWorkerd, Worker } from "./workerd.ts";

const MEGABYTE = 1 << 20;
const skip = noBuild || noWorkerd || missing() || without("npm");

/** A project with the tarball and one program, made into `worker.js`. */
async function build(program: string, ...options: string[]): Promise<Project> {
  const project = await install("npm", "redis://127.0.0.1:6379");
  return await project.prepared(async () => {
    project.write("main.ts", program.replaceAll(`"${NAME}`, `"${PACKAGE}`));
    await bundle(project, "main.ts", ...options);
  });
}

const program = (name: string): string => readFileSync(join(ROOT, "tests/release/worker", name), "utf8");

test("a Worker uses every surface, request by request", { skip }, async () => {
  await using server = await startRedis();
  using project = await build(program("main.ts"));
  await using worker = await Worker.start(project, { bindings: { REDIS: server.url } });
  for (let request = 0; request < 2; request++) {
    assertEquals(await worker.ask("/commands"), [
      ...["OK", "hello", 2, { name: "Ada", role: "engineer" }, [104, 101, 108, 108, 111], "9007199254740993"],
      "WRONGTYPE",
    ]);
    assertEquals(await worker.ask("/batches"), [[1, "1"], 50_000, 100, ["OK", 2], 0]);
    assertEquals(await worker.ask("/pubsub"), [
      [1, 1],
      { channel: "news", message: "one" },
      { channel: "weather", message: "rain" },
    ]);
    assertEquals(await worker.ask("/blocking"), ["jobs", "one"]);
    assertEquals(await worker.ask("/large"), [8 * MEGABYTE, true]);
  }
  // The server hears of a closed socket a moment later.
  let clients = "";
  for (let tries = 0; tries < 200 && clients.match(/^id=/gm)?.length !== 1; tries++) {
    clients = await server.command("CLIENT", "LIST");
  }
  assertEquals(clients.match(/^id=/gm)?.length, 1, `only the one who asks is left:\n${clients}`);
});

test("requests that overlap do not get into each other's way", { skip }, async () => {
  await using server = await startRedis();
  using project = await build(program("main.ts"));
  await using worker = await Worker.start(project, { bindings: { REDIS: server.url } });
  const answers = await Promise.all(Array.from({ length: 20 }, () => worker.ask("/large")));
  assertEquals(answers, answers.map(() => [8 * MEGABYTE, true]));
});

test("a Durable Object keeps one client for all its requests", { skip }, async () => {
  await using server = await startRedis();
  using project = await build(program("durable.ts"));
  await using worker = await Worker.start(project, { bindings: { REDIS: server.url }, objects: { ROOM: "Room" } });
  await server.command("DEL", "visits");
  const answers: unknown[] = [];
  for (let request = 0; request < 5; request++) answers.push(await worker.ask("/"));
  const together = await Promise.all(Array.from({ length: 20 }, () => worker.ask("/")));
  const [ids, visits] = [0, 1].map((place) => (answers.concat(together) as number[][]).map((answer) => answer[place]!));
  assertEquals(new Set(ids).size, 1);
  assertEquals(visits!.toSorted((a, b) => a - b), Array.from({ length: 25 }, (_, i) => i + 1));
});

test("what cannot be had in a Worker is said", { skip }, async () => {
  using project = await build(program("main.ts"));
  await using worker = await Worker.start(project);
  const [kind, message] = await worker.ask("/refused") as string[];
  assertEquals(kind, "ConnectionError");
  assertStringIncludes(message!, "Cannot connect to 127.0.0.1:1");
  assertEquals(await worker.ask("/unix"), [
    "TypeError",
    "Workers have no unix sockets: option path cannot be used here",
  ]);
});

test("a client of an earlier request fails or reads, and never hangs", { skip }, async () => {
  await using server = await startRedis();
  using project = await build(program("main.ts"));
  await using worker = await Worker.start(project, { bindings: { REDIS: server.url } });
  assertEquals(await worker.ask("/keep"), "PONG");
  // Writing fails, and was not done; reading is tried again, over a connection of the request that asks.
  for (let request = 0; request < 2; request++) {
    assertEquals(await worker.ask("/reuse"), ["ConnectionError", null, null]);
  }
});

/** Agrees with everything. */
const agreeing = answering(([command]) => command === "HELLO" ? HELLO : "+OK\r\n");

/** Asks for a write on the client that is kept; it must not hang. */
async function writes(worker: Worker): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise((_, reject) => timer = setTimeout(() => reject(new Error("no answer")), 5000));
  try {
    const [outcome, took] = await Promise.race([worker.ask("/write"), late]) as [unknown, number];
    assert(took < 4000, `${outcome} after ${took} ms`);
    return outcome;
  } finally {
    clearTimeout(timer!);
  }
}

test("requests that only write with a client of an earlier one are answered at once", { skip }, async () => {
  // Who asks for a connection, and does not wait for it, has ended by then.
  await using server = await startScripted(async (peer, index) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await agreeing(peer, index);
  });
  using project = await build(program("main.ts"));
  await using worker = await Worker.start(project, { bindings: { REDIS: `${server.url}?clientInfo=false` } });
  assertEquals(await worker.ask("/keep"), "OK");
  // Each second one opens a connection of its own.
  for (let i = 0; i < 2; i++) {
    assertEquals(await writes(worker), "ConnectionError");
    assertEquals(await writes(worker), "OK");
  }
});

test("a request that ended in the midst of a write holds up no later one", { skip }, async () => {
  await using server = await startScripted(async (peer, index) => {
    if (index > 0) return await agreeing(peer, index);
    await peer.command();
    await peer.send(HELLO);
    peer.hold();
  });
  using project = await build(program("main.ts"));
  await using worker = await Worker.start(project, { bindings: { REDIS: `${server.url}?clientInfo=false` } });
  assertEquals(await worker.ask("/leave"), "left");
  assertEquals(await writes(worker), "OK");
});

test(
  "after a request that ended while it was connecting, later ones wait for their limits, and go on",
  { skip },
  async () => {
    await using server = await startScripted(async (peer, index) => {
      if (index !== 1) await agreeing(peer, index);
    });
    using project = await build(program("main.ts"));
    const url = `${server.url}?clientInfo=false&connectTimeout=500&queueTimeout=200`;
    await using worker = await Worker.start(project, { bindings: { REDIS: url } });
    assertEquals(await worker.ask("/keep"), "OK");
    assertEquals(await worker.ask("/cut"), "cut");
    const outcomes: unknown[] = [];
    while (outcomes.at(-1) !== "OK") {
      outcomes.push(await writes(worker));
      assert(outcomes.length < 20, String(outcomes));
    }
    assert(outcomes.length > 1);
    assertEquals(new Set(outcomes), new Set(["TimeoutError", "OK"]));
  },
);

const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
const noLoopback6 = addresses.some(({ address }) => address === "::1") ? false : "no IPv6 loopback";

test("a Worker reaches a server by an IPv6 address", { skip: skip || noLoopback6 }, async () => {
  await using server = await startRedis({ args: ["--bind", "127.0.0.1", "::1"] });
  using project = await build(program("main.ts"));
  await using worker = await Worker.start(project, { bindings: { REDIS: `redis://[::1]:${server.port}` } });
  assertEquals(await worker.ask("/ping"), "PONG");
});

test(
  "TLS in a Worker: the host's name, another name, and what cannot be chosen",
  { skip: skip || noOpenssl },
  async () => {
    await using server = await startRedis({ tls: true });
    using project = await build(program("main.ts"));
    await using worker = await Worker.start(project, {
      bindings: { SECURE: `rediss://localhost:${server.port}` },
      trusted: [server.certificates!.ca],
    });
    const [host, name, other, plain, ca, verify] = await worker.ask("/secure") as (string | string[])[];
    assertEquals([host, name], ["PONG", "PONG"]);
    for (const refused of [other, plain]) assert(refused![0] !== "P", String(refused));
    assertEquals(ca![0], "TypeError");
    assertMatch(ca![1]!, /tls\.ca cannot be used/);
    assertMatch(verify![1]!, /tls\.verify cannot be used/);
  },
);

test("the main entry says in a Worker which one to take", { skip }, async () => {
  const main = `import { connect } from "${NAME}";
  export default {
    fetch: async () => Response.json(await connect().catch((error) => [error.name, error.message])),
  };`;
  using project = await build(main, "--external:node:*");
  await using worker = await Worker.start(project, { flags: ["nodejs_compat"] });
  const [kind, message] = await worker.ask("/") as string[];
  assertEquals(kind, "TypeError");
  assertStringIncludes(message!, "@respire/redis/cloudflare");
  const error = await assertRejects(() => Worker.start(project), Error);
  assertMatch(error.message, /No such module "node:/);
});

test("the entry for Workers names nothing of another runtime", { skip }, async () => {
  using project = await build(`export * from "${NAME}/cloudflare";`);
  const text = readFileSync(join(project.folder, "worker.js"), "utf8");
  const imports = text.matchAll(/^import\b.*?"([^"]+)"|\bimport\("([^"]+)"\)/gm);
  assertEquals(Array.from(imports, ([, name, lazy]) => name ?? lazy), ["cloudflare:sockets"]);
  assertEquals(text.match(/node:net|Deno\.connect|Bun\.connect/), null);
});

test("the transport of Workers keeps the promises of its seam", { skip: noBuild || noWorkerd }, async () => {
  using project = new Project();
  await bundle(project, join(ROOT, "tests/release/worker/transport.ts"));
  await using worker = await Worker.start(project, {});

  await using slow = await startScripted(async (peer, index) => {
    if (index === 0) {
      peer.hold();
      await peer.send(new Uint8Array(5 * MEGABYTE));
      await peer.untilEnded();
    } else {
      await peer.until("release");
      slow.peers[0]!.release();
    }
  });
  const [before, after, ...closes] = await worker.ask(`/backpressure?port=${slow.port}`) as unknown[];
  assertEquals(before, { waits: 32, drains: 0, waiting: true });
  assertEquals([after, ...closes], [{ drains: 1, waiting: 0 }, [null], [null]]);
  const reader = slow.peers[0]!;
  await reader.untilEnded();
  const { received } = reader;
  assertEquals(received.length, 32 * MEGABYTE);
  assert(received.every((byte, i) => byte === i % 251));

  await using polite = await startScripted(async (peer) => {
    await peer.until("hello");
    await peer.send("-ERR going\r\n");
    peer.end();
  });
  assertEquals(await worker.ask(`/goodbye?port=${polite.port}`), ["-ERR going\r\n", [null], true, 0]);

  await using plain = await startScripted((peer) => peer.untilEnded());
  const [sent, ended] = await worker.ask(`/order?port=${plain.port}`) as [number, unknown];
  const peer = await plain.peer();
  await peer.untilEnded();
  assertEquals([peer.received.length, ended], [sent, [null]]);
  assert(peer.received.every((byte, i) => byte === i % 251));

  assertEquals(await worker.ask(`/aborted?port=${plain.port}`), ["before", "on the way"]);
});

test("a Worker reaches a cluster, in each request anew; a client of an earlier one reads", { skip }, async () => {
  await using servers = await startRedis({ cluster: true });
  const main = `import { connectCluster } from "${NAME}/cluster";
  import { connectTransport } from "${NAME}/sockets/cloudflare";
  const keys = ["a", "b", "c", "d"];
  let kept;
  export default {
    async fetch(request, { REDIS }) {
      const open = () => connectCluster(REDIS, { connect: connectTransport });
      if (request.url.endsWith("/kept")) return Response.json(await (kept ??= await open()).mget(keys));
      const redis = await open();
      await redis.mset({ a: 1, b: 2, c: 3, d: 4 });
      const values = await redis.pipeline((p) => keys.map((key) => p.incrby(key, 10)));
      await redis.close();
      return Response.json(values);
    },
  };`;
  using project = await build(main, "--external:node:*");
  await using worker = await Worker.start(project, { bindings: { REDIS: servers.url }, flags: ["nodejs_compat"] });
  for (let request = 0; request < 2; request++) assertEquals(await worker.ask("/"), [11, 12, 13, 14]);
  for (let request = 0; request < 3; request++) assertEquals(await worker.ask("/kept"), ["11", "12", "13", "14"]);
  assertEquals(await worker.ask("/"), [11, 12, 13, 14]);
});
