/**
 * What sentinels tell: where a primary or its replicas are.
 *
 * @module
 */
import { Hub } from "../client/hub.ts";
import type { Kit, Surfaces } from "../client/kit.ts";
import { open } from "../client/open.ts";
import type { ClientOptions } from "../client/options.ts";
import { BaseClient } from "../client/redis.ts";
import { safeguards } from "../client/safeguards.ts";
import { describe } from "../connection/trouble.ts";
import { unlessAborted } from "../connection/wait.ts";
import { ConnectionError, RedisError } from "../errors.ts";
import type { Reply } from "../resp/reply.ts";
import type { Connect } from "../transport/transport.ts";

/** Where a server listens, as sentinels tell it. */
export interface Place {
  /** Host name or IP address. */
  readonly hostname: string;
  /** TCP port. */
  readonly port: number;
}

/** Whether both are the same, as the same sentinel calls them. */
export function isSame(one: Place, other: Place): boolean {
  return one.hostname === other.hostname && one.port === other.port;
}

/** What a server is for: as HELLO tells it. */
export type Role = "master" | "replica";

/** A client of a sentinel: it asks by name, and subscribes. */
export class SentinelClient extends BaseClient<Surfaces> {}
const KIT: Kit = { client: SentinelClient, hub: Hub, safeguards };

/** How one sentinel is reached. */
export interface Sentinel {
  /** The options of its client. */
  readonly settings: ClientOptions;
  /** Where it is, for people. */
  readonly where: string;
}

/** A sentinel by the options of its client. */
export function sentinelOf(settings: ClientOptions): Sentinel {
  const { hostname = "127.0.0.1", port = 26379, path } = settings;
  return { settings: { ...settings, hostname, port }, where: describe({ hostname, port, path }) };
}

/** Opens a client of a sentinel. Once its connection is lost and cannot be made again at once, it is given up. */
export function openSentinel({ settings }: Sentinel, socket: Connect): Promise<SentinelClient> {
  return open<SentinelClient>(KIT, socket, { ...settings, backoff: () => null });
}

/** What a sentinel said. */
export interface Told {
  readonly places: readonly Place[];
  readonly sentinel: Sentinel;
}

/** What one sentinel knows. */
interface Answer {
  /** Where to connect to; none if it does not know the name, or all that it knows are down. */
  readonly places: readonly Place[];
  /** The other sentinels of this primary. */
  readonly others: readonly Place[];
}

/** Asks an open sentinel for the servers of a role. */
async function ask(client: SentinelClient, name: string, role: Role): Promise<Answer> {
  const others = client.call("SENTINEL SENTINELS", name).then(rowsOf).catch(() => []);
  const places = role === "master" ? await primary(client, name) : await replicas(client, name);
  return { places, others: (await others).map(placeOf) };
}

/** Where an open sentinel says the primary is; nothing if it does not know the name. */
export async function primary(client: SentinelClient, name: string): Promise<Place[]> {
  const reply = await client.call("SENTINEL GET-MASTER-ADDR-BY-NAME", name);
  if (!Array.isArray(reply)) return [];
  const [hostname, port] = reply;
  return [{ hostname: String(hostname), port: Number(port) }];
}

/** Replicas that are up; of those the ones that hear their primary, if any does. */
async function replicas(client: SentinelClient, name: string): Promise<Place[]> {
  const rows = rowsOf(await client.call("SENTINEL REPLICAS", name));
  const up = rows.filter((row) => !/\b(?:[so]_down|disconnected)\b/.test(row.get("flags") ?? ""));
  const linked = up.filter((row) => row.get("master-link-status") === "ok");
  return (linked.length > 0 ? linked : up).map(placeOf);
}

function rowsOf(reply: Reply): Map<string, string>[] {
  // Something else may answer there.
  if (!Array.isArray(reply)) return [];
  return reply.map((flat) => {
    const row = new Map<string, string>();
    const words = Array.isArray(flat) ? flat.map(String) : [];
    for (let at = 1; at < words.length; at += 2) row.set(words[at - 1]!, words[at]!);
    return row;
  });
}

function placeOf(row: Map<string, string>): Place {
  return { hostname: row.get("ip") ?? "", port: Number(row.get("port")) };
}

/** What several wait for at a time. */
interface Asking {
  readonly told: Promise<Told>;
  /** Ends it. */
  readonly stop: AbortController;
  /** How many wait. */
  waiting: number;
}

/** Knows several sentinels, and whom to ask first. */
export class Sentinels {
  readonly #name: string;
  readonly #role: Role;
  readonly #socket: Connect;
  readonly #translate: (place: Place) => Place;
  readonly #given: ReadonlySet<string>;
  /** Those that were given, and those that they told of, in the order in which they are asked. */
  #known: Sentinel[];
  #asking: Asking | undefined;
  /** How often something was heard that nobody had asked for. */
  #heard = 0;

  constructor(
    name: string,
    role: Role,
    given: readonly Sentinel[],
    socket: Connect,
    translate: (place: Place) => Place,
  ) {
    this.#name = name;
    this.#role = role;
    this.#given = new Set(given.map(({ where }) => where));
    this.#known = [...given];
    this.#socket = socket;
    this.#translate = translate;
  }

  /** In the order in which they are asked. */
  get known(): readonly Sentinel[] {
    return this.#known;
  }

  /** Opens a client of one of them. */
  open(sentinel: Sentinel): Promise<SentinelClient> {
    return openSentinel(sentinel, this.#socket);
  }

  /** This one knows better than the others, and than what is being asked for at the moment: it is asked first. */
  heardFrom(sentinel: Sentinel): void {
    this.#heard++;
    this.#asking = undefined;
    this.prefer(sentinel);
  }

  /** Is asked first from now on. */
  prefer(sentinel: Sentinel): void {
    this.#known = [sentinel, ...this.#known.filter((one) => one !== sentinel)];
  }

  /** Is asked last from now on. */
  defer(sentinel: Sentinel): void {
    this.#known = [...this.#known.filter((one) => one !== sentinel), sentinel];
  }

  /**
   * Where to connect to: what the first says that knows. Several who ask at a time share an answer, where none of them is a
   * request with which it would end. What has become old while it was on its way is asked for again. Once the signals of all
   * who wait have fired, no further sentinel is asked.
   *
   * @throws {ConnectionError} if none knows; what each said is in its message.
   */
  async find(signal?: AbortSignal): Promise<Told> {
    for (;;) {
      const heard = this.#heard;
      const told =
        await (this.#socket.here === undefined ? this.#shared(signal) : unlessAborted(signal, this.#find(signal)));
      if (heard === this.#heard) return told;
    }
  }

  async #shared(signal: AbortSignal | undefined): Promise<Told> {
    const asking = this.#asking ??= this.#begin();
    asking.waiting++;
    try {
      return await unlessAborted(signal, asking.told);
    } finally {
      if (--asking.waiting === 0) {
        if (this.#asking === asking) this.#asking = undefined;
        asking.stop.abort();
      }
    }
  }

  #begin(): Asking {
    const stop = new AbortController();
    return { told: this.#find(stop.signal), stop, waiting: 0 };
  }

  async #find(signal: AbortSignal | undefined): Promise<Told> {
    const said: string[] = [];
    const causes: unknown[] = [];
    for (const sentinel of this.#known) {
      signal?.throwIfAborted();
      try {
        const client = await this.open(sentinel);
        try {
          const { places, others } = await ask(client, this.#name, this.#role);
          this.#learn(sentinel, others);
          if (places.length > 0) {
            this.prefer(sentinel);
            return { places, sentinel };
          }
          said.push(`${sentinel.where} knows of none`);
        } finally {
          client.destroy();
        }
      } catch (error) {
        if (!(error instanceof RedisError)) throw error;
        causes.push(error);
        said.push(error.message.includes(sentinel.where) ? error.message : `${sentinel.where}: ${error.message}`);
      }
      this.defer(sentinel);
    }
    const cause = causes.length === 1 ? causes[0] : new AggregateError(causes, "What sentinels said");
    throw new ConnectionError(`no sentinel tells where that is (${said.join("; ")})`, { cause });
  }

  /** Others may answer when those that were given do not. They take what the one takes that told of them. */
  #learn({ settings, where: teller }: Sentinel, others: readonly Place[]): void {
    const told = others.map((place) => sentinelOf({ ...settings, ...this.#translate(place), path: undefined }));
    const present = new Set([teller, ...this.#given, ...told.map(({ where }) => where)]);
    const kept = this.#known.filter(({ where }) => present.has(where));
    const fresh = told.filter(({ where }) => !this.#known.some((one) => one.where === where));
    this.#known = [...kept, ...fresh];
  }
}
