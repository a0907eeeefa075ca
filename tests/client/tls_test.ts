// TLS with a real server that speaks nothing else: who is trusted, who is not, and how that is told.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, ConnectionError, connectPool, TimeoutError } from "../../mod.ts";
import { type Certificates, makeCertificates, noOpenssl } from "../support/certificates.ts";
import { frozen } from "../support/frozen.ts";
import { startRedis } from "../support/servers.ts";
import { test } from "../support/test.ts";

function withAuthority(name: string, body: (own: Certificates) => Promise<void>): void {
  test(name, { skip: noOpenssl }, async () => {
    const own = makeCertificates();
    try {
      await body(own);
    } finally {
      own.remove();
    }
  });
}

/** One that the server helper must not remove: its test does. */
const kept = (own: Certificates): Certificates => ({ ...own, remove: () => {} });

withAuthority("rediss:// with our authority: every kind of traffic", async (own) => {
  await using server = await startRedis({ tls: kept(own), password: "secret" });
  await using redis = await connect(server.url, { tls: { ca: own.ca }, database: 2, clientName: "safe" });
  const value = "x".repeat(1_000_000);
  await redis.set("k", value);
  assertEquals(await redis.get("k"), value);
  const popped = redis.blpop(["q"], 5);
  await redis.rpush("q", "x");
  assertEquals(await popped, ["q", "x"]);
  await using news = await redis.subscribe("news");
  await redis.publish("news", "hello");
  assertEquals((await news.next()).value?.message, "hello");
  await redis.session(async (s) => assertEquals(await s.clientGetname(), "safe"));
  await server.restart();
  await redis.set("again", "1");
  assertEquals(await redis.get("again"), "1");
});

withAuthority("an encrypted server that falls silent is found, however often it is written to", async (own) => {
  await using server = await startRedis({ tls: kept(own) });
  const redis = await connect(server.url, { tls: { ca: own.ca }, silenceTimeout: 300, backoff: () => null });
  await redis.ping();
  const refused: unknown[] = [];
  await frozen(server, async () => {
    for (let i = 0; i < 250 && refused.length === 0; i++) {
      redis.incr("k").catch((error) => refused.push(error));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  redis.destroy();
  assert(refused[0] instanceof ConnectionError && refused[0].message.includes("has been silent"), String(refused[0]));
});

withAuthority("by name, by address, with the name given, in the URL or beside it", async (own) => {
  await using server = await startRedis({ tls: kept(own) });
  const tls = { ca: own.ca };
  for (const host of ["localhost", "127.0.0.1"]) {
    await using redis = await connect(`rediss://${host}:${server.port}`, { tls });
    assertEquals(await redis.ping(), "PONG");
  }
  await using named = await connect(`rediss://127.0.0.1:${server.port}?serverName=localhost`, { tls });
  assertEquals(await named.ping(), "PONG");
  await using pool = await connectPool({ hostname: "localhost", port: server.port, size: 3, min: 3, tls });
  assertEquals(pool.stats().shared + pool.stats().idle, 3);
});

withAuthority("an authority nobody told us of", async (own) => {
  await using server = await startRedis({ tls: kept(own) });
  const error = await assertRejects(() => connect(server.url), ConnectionError, "certificate is not trusted");
  assertEquals(error.sent, false);
  assert(error.cause instanceof Error);
  const other = makeCertificates();
  other.remove();
  await assertRejects(() => connect(server.url, { tls: { ca: other.ca } }), ConnectionError, "is not trusted");
  await using careless = await connect(`${server.url}?verify=false`);
  assertEquals(await careless.ping(), "PONG");
});

withAuthority("a certificate that has expired", async (own) => {
  await using server = await startRedis({ tls: { ...kept(own), server: own.expired() } });
  const tls = { ca: own.ca };
  const error = await assertRejects(() => connect(server.url, { tls }), ConnectionError, "certificate");
  // Deno's own error does not tell one from the other.
  assert(/certificate has expired|not trusted: .* or it has expired/.test(error.message), error.message);
});

withAuthority("a certificate for another host", async (own) => {
  await using server = await startRedis({ tls: { ...kept(own), server: own.named("DNS:db.example") } });
  const tls = { ca: own.ca };
  const { url } = server;
  await assertRejects(() => connect(url, { tls }), ConnectionError, "certificate is for another host");
  await using redis = await connect(url, { tls: { ...tls, serverName: "db.example" } });
  assertEquals(await redis.ping(), "PONG");
  const wrong = { ...tls, serverName: "other.example" };
  await assertRejects(() => connect(url, { tls: wrong }), ConnectionError, "certificate is for another host");
});

withAuthority("a server that wants to know who we are", async (own) => {
  await using server = await startRedis({ tls: kept(own), args: ["--tls-auth-clients", "yes"] });
  const tls = { ca: own.ca };
  const { cert, key } = own.client;
  await using redis = await connect(server.url, { tls: { ...tls, cert, key } });
  assertEquals(await redis.ping(), "PONG");
  await assertRejects(() => connect(server.url, { tls }), ConnectionError, "wants a client certificate");
  const other = makeCertificates();
  const theirs = { cert: other.client.cert, key: other.client.key };
  other.remove();
  await assertRejects(() => connect(server.url, { tls: { ...tls, ...theirs } }), ConnectionError, "does not trust");
});

withAuthority("TLS where none is spoken, and none where it is", async (own) => {
  await using plain = await startRedis();
  const tls = { ca: own.ca };
  // A server without TLS takes the first bytes of it for a line that has yet to end, and waits.
  const { hostname, port } = plain;
  const error = await assertRejects(
    () => connect({ hostname, port, tls, connectTimeout: 300 }),
    TimeoutError,
    "is TLS",
  );
  assertEquals([error.waitingFor, error.sent], ["connect", false]);
  await using server = await startRedis({ tls: kept(own) });
  const other = connect({ hostname: server.hostname, port: server.port, connectTimeout: 3000 });
  await assertRejects(() => other, ConnectionError, "the server reset the connection");
});

withAuthority("a certificate and a key that do not belong together, or are none", async (own) => {
  await using server = await startRedis({ tls: kept(own) });
  const mixed = { ca: own.ca, cert: own.client.cert, key: own.server.key };
  const unlike = await assertRejects(() => connect(server.url, { tls: mixed }), ConnectionError, "Cannot connect");
  if (!("Deno" in globalThis)) assert(unlike.message.includes("do not belong together"), unlike.message);
  const none = { ca: "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----" };
  await assertRejects(() => connect(server.url, { tls: none }), ConnectionError, "Cannot connect");
});
