/**
 * A chaos run: callers of all kinds, behind a proxy that breaks their connections, on a server that is killed and started
 * again; and then the question whether everybody was told the truth.
 *
 * @module
 */
import process from "node:process";
import type { ClientOptions } from "../../mod.ts";
import { type Server, type ServerVersion, startRedis } from "../support/servers.ts";
import { Ledger } from "./ledger.ts";
import { type Fault, type Proxy, startProxy } from "./proxy.ts";
import { Random } from "./random.ts";
import { checkTraces } from "./traces.ts";
import { Caller, listen, openClients, Traces } from "./workload.ts";

/** What is to be run. */
export interface ChaosSettings {
  readonly seed: number;
  readonly commands: number;
  readonly version?: ServerVersion;
  /** Commands between two looks at the server. */
  readonly epoch?: number;
  /** Begin with this epoch, so that a failure is made again without all that came before it. */
  readonly from?: number;
  /** Bytes between two faults of one direction of one connection, on average. */
  readonly gap?: number;
  /** Bytes to the server between two of its deaths, on average. */
  readonly lifetime?: number;
  readonly options?: ClientOptions;
  /** Let the server forget what it has acknowledged when it dies: to see whether that is found out. */
  readonly forgetful?: boolean;
  readonly say?: (line: string) => void;
}

/** What came of it. */
export interface ChaosReport {
  readonly server: string;
  readonly ledger: Ledger;
  readonly faults: ReadonlyMap<Fault, number>;
  readonly deaths: number;
  readonly failed: boolean;
}

const CALLERS = 12;
const EPOCH = 50_000;
/** Longer than any wait of the clients below. */
const LONG_ENOUGH = 40_000;

const OPTIONS: ClientOptions = {
  connectTimeout: 1500,
  silenceTimeout: 500,
  queueTimeout: 5000,
  waitTimeout: 5000,
  retryFor: 5000,
  maxSessions: 6,
  backoff: (attempt) => Math.min(50, 2 * attempt),
};

/** What else clients may be told: the epochs take turns, so that a run of a few meets all of it. */
const KINDS: readonly ClientOptions[] = [{}, { integrity: true }, { maxPending: 30, overflow: "wait" }];

class Chaos {
  readonly #settings: ChaosSettings;
  readonly #server: Server;
  readonly #proxy: Proxy;
  readonly #random: Random;
  readonly ledger = new Ledger();
  deaths = 0;
  #dying: Promise<void> | undefined;
  #death = Infinity;

  constructor(settings: ChaosSettings, server: Server, proxy: Proxy, random: Random) {
    this.#settings = settings;
    this.#server = server;
    this.#proxy = proxy;
    this.#random = random;
  }

  /** So many bytes have passed to the server: it may be time for it to die. */
  passed(total: number): void {
    if (total < this.#death || this.#proxy.calm || this.#dying) return;
    this.#death = total + this.#random.fork("death", total).gap(this.#settings.lifetime ?? 300_000);
    this.deaths++;
    this.#dying = this.#server.restart().finally(() => this.#dying = undefined);
  }

  async epoch(index: number, commands: number): Promise<void> {
    const { ledger } = this;
    const random = this.#random.fork("epoch", index);
    const traces = new Traces();
    await this.#server.command("SET", "text", "no list");
    const kind = KINDS[index % KINDS.length];
    const clients = await openClients(this.#proxy.url, { ...OPTIONS, ...kind, ...this.#settings.options });
    await Promise.all(clients.map((client) => listen(client, ledger, traces)));
    if (this.#death === Infinity) this.#death = random.gap(this.#settings.lifetime ?? 300_000);
    this.#proxy.calm = false;
    const callers = clients.flatMap((client, i) =>
      Array.from({ length: CALLERS }, (_, j) => new Caller(client, random.fork("caller", i, j), ledger, traces))
    );
    const share = Math.ceil(commands / callers.length);
    const work = Promise.all(callers.map((caller) => caller.work(share)));
    // Until most of the work is done there are faults; then everybody has all the time in the world to come back.
    await this.#finish(work);
    await this.#dying;
    ledger.checkHangs();
    if (ledger.crimes.hang > 0) {
      this.#settings.say?.(clients.map((client) => JSON.stringify(client.stats())).join("\n"));
    }
    await Promise.all(clients.map((client) => client.close()));
    for (const client of clients) {
      const { pending, leased, waiting } = client.stats();
      if (pending + leased + waiting > 0) {
        ledger.accuse("hang", `${pending} pending, ${leased} leased, ${waiting} waiting`);
      }
    }
    for (const _ of traces.heard.flat()) ledger.count("messages heard", true);
    for (const _ of traces.taken) ledger.count("elements taken", true);
    await checkTraces(this.#server, ledger, traces);
  }

  async #finish(work: Promise<unknown>): Promise<void> {
    let done = false;
    let last = -1;
    void work.then(() => done = true);
    let quietSince = performance.now();
    while (!done && performance.now() - quietSince < LONG_ENOUGH) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (this.ledger.settled !== last) quietSince = performance.now();
      last = this.ledger.settled;
      // Nothing moves though nothing but time can help: no more faults, and frozen connections come to their end.
      if (performance.now() - quietSince > LONG_ENOUGH / 2) this.#calm();
    }
    this.#calm();
  }

  #calm(): void {
    if (this.#proxy.calm) return;
    this.#proxy.calm = true;
    this.#proxy.cutAll();
  }
}

/** Runs it. */
export async function runChaos(settings: ChaosSettings): Promise<ChaosReport> {
  const { seed, commands, version, gap = 20_000, from = 0, say = () => {} } = settings;
  const random = new Random(seed);
  const args = ["--appendonly", settings.forgetful ? "no" : "yes", "--appendfsync", "always"];
  await using server = await startRedis({ version, args });
  let chaos: Chaos | undefined = undefined as Chaos | undefined;
  await using proxy = await startProxy({
    random: random.fork("proxy", from),
    port: server.port,
    gap,
    stall: 800,
    onBytes: (total) => chaos?.passed(total),
  });
  chaos = new Chaos(settings, server, proxy, random.fork("server"));
  const { ledger } = chaos;
  const surprised = (error: unknown): void =>
    ledger.accuse("surprise", `nobody caught ${(error as Error)?.stack ?? error}`);
  process.on("unhandledRejection", surprised);
  process.on("uncaughtException", surprised);
  try {
    const size = settings.epoch ?? EPOCH;
    for (let index = from; ledger.commands < commands && total(ledger.crimes) === 0; index++) {
      await chaos.epoch(index, Math.min(size, commands - ledger.commands));
      say(
        `epoch ${index}: ${ledger.commands} commands, ${total(proxy.done)} faults, ${chaos.deaths} deaths, ${
          total(ledger.crimes)
        } crimes`,
      );
      if (total(ledger.crimes) > 0) {
        say(`again: --seed ${seed} --from ${index}\nlast faults:\n${proxy.log.slice(-40).join("\n")}`);
      }
    }
  } finally {
    process.off("unhandledRejection", surprised);
    process.off("uncaughtException", surprised);
  }
  const failed = total(ledger.crimes) > 0;
  return { server: `${server.kind} ${server.version}`, ledger, faults: proxy.done, deaths: chaos.deaths, failed };
}

function total(counts: ReadonlyMap<string, number> | Record<string, number>): number {
  const values = counts instanceof Map ? [...counts.values()] : Object.values(counts as Record<string, number>);
  return values.reduce((sum, count) => sum + count, 0);
}
