/**
 * What nodes tell of their cluster.
 *
 * @module
 */
import type { Reply } from "../resp/reply.ts";
import { nameText } from "../command/name.ts";
import type { Arg } from "../command/spec.ts";

/** Where a node listens. */
export interface Place {
  /** Host name or IP address. */
  readonly hostname: string;
  /** TCP port. */
  readonly port: number;
}

/** A place as one word. */
export function wordFor({ hostname, port }: Place): string {
  return `${hostname}:${port}`;
}

/** Nodes that hold the same slots. */
export interface Holders {
  /** First and last of each range of slots. */
  readonly ranges: (readonly [first: number, last: number])[];
  /** Where the primary is. */
  readonly primary: Place;
  /** The primary's name among the nodes. */
  readonly id: string;
  /** Its replicas that are up. */
  readonly replicas: readonly Place[];
  /** The names of all of these nodes. */
  readonly ids: readonly string[];
}

/**
 * Reads what CLUSTER SLOTS replies. A node that does not know its own address, or that of another, leaves the host to
 * whoever asks: it is the one that he has `asked`.
 */
export function holdersOf(reply: Reply, asked: Place | undefined): Holders[] {
  const found = new Map<string, Holders>();
  for (const row of rows(reply)) {
    const [first, last, ...nodes] = row;
    const [primary, ...replicas] = nodes.map((node) => nodeOf(rowOf(node), asked));
    if (primary === undefined) continue;
    const range = [Number(first), Number(last)] as const;
    const known = found.get(primary.id);
    if (known !== undefined) known.ranges.push(range);
    else {
      found.set(primary.id, {
        ranges: [range],
        primary: primary.place,
        id: primary.id,
        replicas: replicas.map(({ place }) => place),
        ids: [primary, ...replicas].map(({ id }) => id),
      });
    }
  }
  return [...found.values()];
}

/** What a node tells of its cluster. */
export interface Told {
  /** Who has which slots; nobody, as far as a node knows that has been reset, or has yet to meet the others. */
  readonly holders: readonly Holders[];
  /** The config epochs of the nodes by their names: whoever has a slot after another has it with a higher one. */
  readonly epochs: ReadonlyMap<string, number>;
}

/** Reads {@link Told.epochs} of what CLUSTER NODES replies. */
export function epochsIn(nodes: Reply): Map<string, number> {
  const rows = String(nodes).split("\n").map((line) => line.split(" "));
  return new Map(rows.map(([id = "", , , , , , epoch]) => [id, Number(epoch)]));
}

function rowOf(reply: Reply | undefined): Reply[] {
  return Array.isArray(reply) ? reply : [];
}

function rows(reply: Reply): Reply[][] {
  return rowOf(reply).map(rowOf);
}

function nodeOf([host, port, id]: readonly Reply[], asked: Place | undefined): { place: Place; id: string } {
  const named = host === null || host === undefined ? "" : nameText(host as Arg);
  // A question mark stands for a name that the node was told to go by, and has not got.
  const hostname = named === "" || named === "?" ? asked?.hostname ?? "" : named;
  const place = { hostname, port: Number(port) };
  return { place, id: id === undefined ? wordFor(place) : nameText(id as Arg) };
}

/** A node, as another knows it. */
export interface Named {
  /** Its name among the nodes. */
  readonly id: string;
  /** Where it is. */
  readonly place: Place;
}

/** What a node says of its own slots. */
export interface View {
  /** Those that it has. */
  readonly slots: ReadonlySet<number>;
  /** Of these, those whose keys are on their way to another node. */
  readonly leaving: ReadonlyMap<number, Named>;
}

/** Reads what CLUSTER NODES replies, as to the node that was asked. */
export function viewIn(nodes: string): View {
  const lines = nodes.split("\n").map((line) => line.split(" "));
  const places = new Map(lines.map(([id = "", address = ""]) => [id, placeIn(address)]));
  const own = lines.find(([, , flags]) => flags?.split(",").includes("myself")) ?? [];
  const slots = new Set<number>();
  const leaving = new Map<number, Named>();
  for (const word of own.slice(8)) {
    const [, slot, id] = /^\[(\d+)->-(.+)\]$/.exec(word) ?? [];
    if (id !== undefined) leaving.set(Number(slot), { id, place: places.get(id)! });
    if (!/^\d/.test(word)) continue;
    const [first, last = first] = word.split("-").map(Number);
    for (let one = first!; one <= last!; one++) slots.add(one);
  }
  return { slots, leaving };
}

/** Reads `127.0.0.1:6381@16381,name` and the like. */
function placeIn(address: string): Place {
  const [whole = "", name] = address.split(",");
  const listening = whole.replace(/@.*/, "");
  const colon = listening.lastIndexOf(":");
  return { hostname: name || listening.slice(0, colon), port: Number(listening.slice(colon + 1)) };
}

/** Where to go instead, as a refusal says. */
export interface Redirection {
  /** Whether the slot has moved for good (MOVED), or the key only may have (ASK). */
  readonly moved: boolean;
  /** The slot. */
  readonly slot: number;
  /** The node. */
  readonly to: Place;
}

/** Reads `MOVED 3999 127.0.0.1:6381` and the like; `undefined` if it is something else. */
export function redirectionOf(message: string, asked: () => Place | undefined): Redirection | undefined {
  const found = /^(MOVED|ASK) (\d+) (\S*):(\d+)$/.exec(message);
  if (found === null) return undefined;
  const [, kind, slot, host = "", port] = found;
  const hostname = host === "" || host === "?" ? asked()?.hostname ?? "" : host;
  return { moved: kind === "MOVED", slot: Number(slot), to: { hostname, port: Number(port) } };
}
