/**
 * What the leak program does, many times.
 *
 * @module
 */
import { connect, connectPool, type Redis } from "../../mod.ts";
import { HELLO, startScripted } from "../support/scripted.ts";
import type { Server } from "../support/servers.ts";

/** Does something so many times; gives numbers that must be 0, by their names. */
export type Kind = (server: Server, count: number) => Promise<Record<string, number>>;

const ignore = (): void => {};

/** Connects and closes, in each of the ways in which that ends. */
async function connects(server: Server, count: number): Promise<Record<string, number>> {
  for (let i = 0; i < count; i++) {
    if (i % 10 === 9) {
      await connect({ hostname: "127.0.0.1", port: 1 }).catch(ignore);
      continue;
    }
    const redis = await connect(server.url, { timeout: i % 11 === 0 ? 60_000 : undefined });
    await redis.ping();
    // No two of these numbers share a factor: each way to end meets all that can be left open.
    if (i % 3 === 0) redis.get("pending").catch(ignore);
    if (i % 7 === 0) {
      const news = await redis.subscribe("news");
      await redis.session((s) => s.select(1));
      if (i % 5 === 0) await news.close();
    }
    if (i % 2 === 0) await redis.close();
    else redis.destroy();
  }
  return {};
}

/** Leases sessions, clean ones and others. */
async function sessions(server: Server, count: number): Promise<Record<string, number>> {
  await using pool = await connectPool(server.url, { size: 4, maxLifetime: 500, timeout: 60_000 });
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      await using session = await pool.session();
      if (left % 3 === 0) await session.watch("k");
      if (left % 5 === 0) await session.select(1);
      if (left % 7 === 0) session.ping().catch(ignore);
      if (left % 11 === 0) await session.transaction((tx) => [tx.incr("k")]).catch(ignore);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  const { leased, waiting } = pool.stats();
  return { leased, waiting };
}

/** Counts the listeners that a signal has. */
function counted(signal: AbortSignal): () => number {
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  const counting = {
    addEventListener: (...args: Parameters<typeof add>) => (listeners++, add(...args)),
    removeEventListener: (...args: Parameters<typeof remove>) => (listeners--, remove(...args)),
  };
  Object.assign(signal, counting);
  return () => listeners;
}

/** Issues commands of every kind that wait, and gives up. */
async function aborts(server: Server, count: number): Promise<Record<string, number>> {
  await using redis = await connect(server.url, { maxSessions: 4 });
  const stays = new AbortController();
  const listeners = counted(stays.signal);
  for (let i = 0; i < count; i += 10) {
    const stop = new AbortController();
    const hasty = redis.with({ signal: stop.signal });
    const patient = redis.with({ signal: stays.signal, timeout: 60_000 });
    const given = [
      hasty.get("sent"),
      hasty.blpop(["nobody pushes"], 0),
      hasty.call("XREAD", "BLOCK", 0, "STREAMS", "s", "$"),
      hasty.pipeline((p) => [p.get("a"), p.get("b")]),
      hasty.transaction((tx) => [tx.get("a")]),
      hasty.session((s) => s.blpop(["nobody pushes"], 0)),
    ].map((one) => Promise.resolve(one).catch(ignore));
    const kept = [patient.get("a"), patient.session((s) => s.get("b")), patient.pipeline((p) => [p.get("c")])];
    await redis.ping();
    given.push(hasty.get("unsent").catch(ignore), hasty.incr("unsent").catch(ignore));
    stop.abort(new Error("given up"));
    await Promise.all(given);
    await Promise.all(kept);
  }
  await redis.close();
  return { listeners: listeners(), pending: redis.stats().pending };
}

/** Loses connections with everything pending that can be. */
async function failures(server: Server, count: number): Promise<Record<string, number>> {
  const others: Promise<unknown>[] = [];
  for (let i = 0; i < count; i++) {
    const redis = await connect(server.url, { backoff: (attempt) => attempt < 3 ? 1 : null, queueTimeout: 500 });
    await everything(redis, async () => {
      if (i % 3 === 0) await server.command("CLIENT", "KILL", "TYPE", "normal");
      else if (i % 3 === 1) redis.destroy();
      else await redis.close(1);
    });
    redis.destroy();
    // These take their time, and have servers of their own.
    others.push(silent(i % 2 === 0), withoutTls(i % 3));
    if (i % 10 === 9) await Promise.all(others.splice(0));
  }
  await Promise.all(others);
  return {};
}

/** Everything at once, all of it heard, while something happens. */
async function everything(redis: Redis, happens: () => Promise<void>): Promise<void> {
  const news = await redis.subscribe("news").catch(ignore);
  const monitor = redis.monitor();
  const session = await redis.session();
  const all = [
    redis.incr("n"),
    redis.blpop(["nobody pushes"], 0),
    redis.pipeline((p) => [p.incr("a"), p.incr("b")]),
    redis.transaction((tx) => [tx.incr("a")]),
    redis.watch("n", (s) => s.transaction((tx) => [tx.incr("n")])),
    session.watch("n").then(() => session.get("n")),
    session.transaction((tx) => [tx.incr("n")]),
    redis.with({ timeout: 10 }).blpop(["nobody pushes"], 0),
    news?.next(),
    monitor.next(),
    redis.reauthenticate({ password: "not asked for" }),
  ].map((one) => Promise.resolve(one).catch(ignore));
  await happens();
  all.push(
    ...[redis.get("late"), redis.ping(), session.release(), redis.session((s) => s.ping())].map((one) =>
      Promise.resolve(one).catch(ignore)
    ),
  );
  await news?.close();
  await monitor.close();
  await Promise.all(all);
}

/** A server that answers the greeting at most, and says nothing or nonsense then. */
async function silent(greets: boolean): Promise<void> {
  await using server = await startScripted(async (peer, index) => {
    await peer.command();
    if (greets) await peer.send(HELLO);
    if (index % 2 === 0) return;
    await peer.command();
    await peer.send("!nonsense\r\n");
  });
  const options = { clientInfo: false, connectTimeout: 30, silenceTimeout: 20, pingInterval: 10, backoff: () => null };
  const redis = await connect(server.url, options).catch(() => undefined);
  await redis?.incr("n").catch(ignore);
  await redis?.session((s) => s.select(1)).catch(ignore);
  redis?.destroy();
}

/** A server that is asked for TLS, and answers something else, hangs up, or says nothing. */
async function withoutTls(way: number): Promise<void> {
  await using server = await startScripted(async (peer) => {
    await peer.until(1);
    if (way === 0) await peer.send("-ERR unknown command\r\n");
    else if (way === 1) peer.reset();
  });
  const { hostname, port } = server;
  await connect({ hostname, port, tls: true, connectTimeout: 50 }).catch(ignore);
}

/** What there is to do. */
export const KINDS: Readonly<Record<string, Kind | undefined>> = { connect: connects, sessions, aborts, failures };
