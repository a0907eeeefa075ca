/**
 * Compiled, never run: what every reply that depends on the arguments promises, for options that are literal, that may or
 * may not be there, and that are not known at all. A test holds the commands named here against commands.json.
 */
import type { Commands } from "../../src/generated/commands.ts";
import type {
  ArgrepOptions,
  AropOptions,
  BfInfoOptions,
  ClientKillOptions,
  ClusterMigrationOptions,
  FtAggregateOptions,
  FtSuggetOptions,
  GeoradiusbymemberOptions,
  GeoradiusbymemberRoOptions,
  GeoradiusOptions,
  GeoradiusRoOptions,
  GeosearchOptions,
  HrandfieldOptions,
  HscanOptions,
  IncrexOptions,
  LcsOptions,
  LposOptions,
  SentinelConfigOptions,
  SetOptions,
  SortOptions,
  SortRoOptions,
  TopkListOptions,
  VembOptions,
  VlinksOptions,
  VsimOptions,
  XaddOptions,
  XautoclaimOptions,
  XclaimOptions,
  XinfoStreamOptions,
  XpendingOptions,
  XreadgroupOptions,
  ZaddOptions,
  ZdiffOptions,
  ZinterOptions,
  ZrandmemberOptions,
  ZrangebyscoreOptions,
  ZrangeOptions,
  ZrankOptions,
  ZrevrangebyscoreOptions,
  ZrevrangeOptions,
  ZrevrankOptions,
  ZscanOptions,
  ZunionOptions,
} from "../../src/generated/options.ts";
import type {
  AclLogEntry,
  BfInfoReply3,
  DeliveredEntry,
  SearchRows,
  SlotTask,
  StreamDetails,
  StreamEntry,
  StreamInfo,
} from "../../src/generated/replies.ts";
import type { Bytes } from "../../src/command/values.ts";

/** Two types that take each other's values; readable names for the same thing are no difference. `any` is no type. */
type Same<A, B> = 0 extends 1 & A ? false : [A] extends [B] ? [B] extends [A] ? true : false : false;

/** Compiles only where the promised value has this type, no wider and no narrower. */
declare function gives<Wanted>(): <Got>(
  value: Promise<Got>,
  ...same: Same<Got, Wanted> extends true ? [] : [never]
) => void;

type Scored = [member: string, score: number][];
type Named = [name: string, value: string][];
type Counted = [name: string, value: number];
type Span = [start: number, end: number];
type Raw = [quantization: string, data: Bytes, norm: number, range?: number];

/** All that may be told of a place. */
interface Everything {
  distance: number;
  hash: number;
  coordinates: { longitude: number; latitude: number };
}
/** What is told of places, and what may be. */
type Place<Told extends keyof Everything, Maybe extends keyof Everything = never> =
  & { member: string }
  & Pick<Everything, Told>
  & Partial<Pick<Everything, Maybe>>;

type Places<Told extends keyof Everything, Maybe extends keyof Everything = never> = Place<Told, Maybe>[];

declare const redis: Commands;
declare const unsure: boolean | undefined;
declare const count: number | undefined;
declare const key: string | undefined;
declare const any: unknown;
const circle = { frommember: "m", byradius: { radius: 1, unit: "km" } } as const;

export function withA(): void {
  // ACL LOG
  gives<AclLogEntry[]>()(redis.aclLog());
  gives<AclLogEntry[]>()(redis.aclLog(5));
  gives<"OK">()(redis.aclLog("RESET"));
  gives<"OK" | AclLogEntry[]>()(redis.aclLog(any as number | "RESET" | undefined));
  // ARGREP
  gives<number[]>()(redis.argrep("a", "-", "+", [{ exact: "x" }]));
  gives<[index: number, value: string][]>()(redis.argrep("a", "-", "+", [{ exact: "x" }], { withvalues: true }));
  gives<number[] | [index: number, value: string][]>()(
    redis.argrep("a", "-", "+", [{ exact: "x" }], { withvalues: unsure }),
  );
  gives<[index: number, value: string][] | number[]>()(
    redis.argrep("a", "-", "+", [{ exact: "x" }], any as ArgrepOptions),
  );
  // AROP
  gives<number | null>()(redis.arop("a", 0, 9, { sum: true }));
  gives<number>()(redis.arop("a", 0, 9, { match: "x" }));
  gives<number | null>()(redis.arop("a", 0, 9, { and: true }));
  gives<number>()(redis.arop("a", 0, 9, { used: true }));
  gives<number | null>()(redis.arop("a", 0, 9, any as AropOptions));
}

export function withB(): void {
  // BF.INFO
  gives<BfInfoReply3>()(redis.bfInfo("b"));
  gives<(number | null)[]>()(redis.bfInfo("b", { capacity: true }));
  gives<number[]>()(redis.bfInfo("b", { error: true }));
  gives<number | undefined>()(redis.bfInfo("b").then((info) => info["Error rate"]));
  gives<(number | null)[] | BfInfoReply3>()(redis.bfInfo("b", { capacity: unsure }));
  gives<number[] | (number | null)[] | BfInfoReply3>()(redis.bfInfo("b", any as BfInfoOptions));
}

export function withC(): void {
  // CLIENT KILL
  gives<"OK">()(redis.clientKill("127.0.0.1:1"));
  gives<number>()(redis.clientKill({ id: 5 }));
  gives<number>()(redis.clientKill({ id: [5, 7n] }));
  gives<number>()(redis.clientKill({ type: "normal", skipme: false }));
  gives<number>()(redis.clientKill({ skipme: false }));
  gives<number>()(redis.clientKill({ id: count }));
  gives<number>()(redis.clientKill(any as ClientKillOptions));
  // CLUSTER MIGRATION
  gives<string>()(redis.clusterMigration({ import: [[0, 1]] }));
  gives<SlotTask[]>()(redis.clusterMigration({ statusAll: true }));
  gives<SlotTask[]>()(redis.clusterMigration({ status: "t" }));
  gives<number>()(redis.clusterMigration({ cancelAll: true }));
  gives<number>()(redis.clusterMigration({ cancel: "t" }));
  gives<SlotTask[] | number | string>()(redis.clusterMigration(unsure ? { statusAll: true } : { cancelAll: true }));
  gives<SlotTask[] | number | string>()(redis.clusterMigration(any as ClusterMigrationOptions));
}

export function withF(): void {
  // FT.AGGREGATE
  gives<SearchRows>()(redis.ftAggregate("i", "*", []));
  gives<[rows: SearchRows, cursor: number]>()(redis.ftAggregate("i", "*", [], { withcursor: true }));
  gives<[rows: SearchRows, cursor: number]>()(redis.ftAggregate("i", "*", [], { withcursor: { count: 5 } }));
  gives<SearchRows | [rows: SearchRows, cursor: number]>()(
    redis.ftAggregate("i", "*", [], unsure ? { withcursor: true } : {}),
  );
  gives<[rows: SearchRows, cursor: number] | SearchRows>()(redis.ftAggregate("i", "*", [], any as FtAggregateOptions));
  // FT.SUGGET
  gives<string[] | null>()(redis.ftSugget("s", "he"));
  gives<Scored | null>()(redis.ftSugget("s", "he", { withscores: true }));
  gives<[name: string, value: string | null][] | null>()(redis.ftSugget("s", "he", { withpayloads: true }));
  gives<[suggestion: string, score: number, payload: string | null][] | null>()(
    redis.ftSugget("s", "he", { withscores: true, withpayloads: true }),
  );
  gives<
    string[] | Scored | [name: string, value: string | null][] | [
      suggestion: string,
      score: number,
      payload: string | null,
    ][] | null
  >()(redis.ftSugget("s", "he", { withscores: unsure, withpayloads: unsure }));
  gives<
    | [suggestion: string, score: number, payload: string | null][]
    | Scored
    | [name: string, value: string | null][]
    | string[]
    | null
  >()(redis.ftSugget("s", "he", any as FtSuggetOptions));
}

export function withG(): void {
  // GEORADIUS
  gives<string[]>()(redis.georadius("g", 1, 2, 3, "km", { asc: true }));
  gives<Places<"distance">>()(redis.georadius("g", 1, 2, 3, "km", { withdist: true }));
  gives<Places<"hash">>()(redis.georadius("g", 1, 2, 3, "km", { withhash: true }));
  gives<Places<"coordinates">>()(redis.georadius("g", 1, 2, 3, "km", { withcoord: true }));
  gives<Places<"distance" | "hash">>()(redis.georadius("g", 1, 2, 3, "km", { withdist: true, withhash: true }));
  gives<Places<"distance" | "hash" | "coordinates">>()(
    redis.georadius("g", 1, 2, 3, "km", { withdist: true, withhash: true, withcoord: true }),
  );
  gives<string[] | Places<never, "distance">>()(redis.georadius("g", 1, 2, 3, "km", { withdist: unsure }));
  gives<number>()(redis.georadius("g", 1, 2, 3, "km", { store: "d" }));
  gives<number>()(redis.georadius("g", 1, 2, 3, "km", { storedist: "d" }));
  gives<number | string[]>()(redis.georadius("g", 1, 2, 3, "km", { store: key }));
  gives<string[] | Places<never, "distance" | "hash" | "coordinates"> | number>()(
    redis.georadius("g", 1, 2, 3, "km", any as GeoradiusOptions),
  );
  // GEORADIUSBYMEMBER
  gives<string[]>()(redis.georadiusbymember("g", "m", 3, "km", { asc: true }));
  gives<Places<"distance">>()(redis.georadiusbymember("g", "m", 3, "km", { withdist: true }));
  gives<Places<"hash">>()(redis.georadiusbymember("g", "m", 3, "km", { withhash: true }));
  gives<Places<"coordinates">>()(redis.georadiusbymember("g", "m", 3, "km", { withcoord: true }));
  gives<Places<"distance" | "hash">>()(redis.georadiusbymember("g", "m", 3, "km", { withdist: true, withhash: true }));
  gives<Places<"distance" | "hash" | "coordinates">>()(
    redis.georadiusbymember("g", "m", 3, "km", { withdist: true, withhash: true, withcoord: true }),
  );
  gives<string[] | Places<never, "distance">>()(redis.georadiusbymember("g", "m", 3, "km", { withdist: unsure }));
  gives<number>()(redis.georadiusbymember("g", "m", 3, "km", { store: "d" }));
  gives<number>()(redis.georadiusbymember("g", "m", 3, "km", { storedist: "d" }));
  gives<number | string[]>()(redis.georadiusbymember("g", "m", 3, "km", { store: key }));
  gives<string[] | Places<never, "distance" | "hash" | "coordinates"> | number>()(
    redis.georadiusbymember("g", "m", 3, "km", any as GeoradiusbymemberOptions),
  );
  // GEORADIUSBYMEMBER_RO
  gives<string[]>()(redis.georadiusbymemberRo("g", "m", 3, "km", { asc: true }));
  gives<Places<"distance">>()(redis.georadiusbymemberRo("g", "m", 3, "km", { withdist: true }));
  gives<Places<"hash">>()(redis.georadiusbymemberRo("g", "m", 3, "km", { withhash: true }));
  gives<Places<"coordinates">>()(redis.georadiusbymemberRo("g", "m", 3, "km", { withcoord: true }));
  gives<Places<"distance" | "hash">>()(
    redis.georadiusbymemberRo("g", "m", 3, "km", { withdist: true, withhash: true }),
  );
  gives<Places<"distance" | "hash" | "coordinates">>()(
    redis.georadiusbymemberRo("g", "m", 3, "km", { withdist: true, withhash: true, withcoord: true }),
  );
  gives<string[] | Places<never, "distance">>()(redis.georadiusbymemberRo("g", "m", 3, "km", { withdist: unsure }));
  gives<string[] | Places<never, "distance" | "hash" | "coordinates">>()(
    redis.georadiusbymemberRo("g", "m", 3, "km", any as GeoradiusbymemberRoOptions),
  );
  // GEORADIUS_RO
  gives<string[]>()(redis.georadiusRo("g", 1, 2, 3, "km", { asc: true }));
  gives<Places<"distance">>()(redis.georadiusRo("g", 1, 2, 3, "km", { withdist: true }));
  gives<Places<"hash">>()(redis.georadiusRo("g", 1, 2, 3, "km", { withhash: true }));
  gives<Places<"coordinates">>()(redis.georadiusRo("g", 1, 2, 3, "km", { withcoord: true }));
  gives<Places<"distance" | "hash">>()(redis.georadiusRo("g", 1, 2, 3, "km", { withdist: true, withhash: true }));
  gives<Places<"distance" | "hash" | "coordinates">>()(
    redis.georadiusRo("g", 1, 2, 3, "km", { withdist: true, withhash: true, withcoord: true }),
  );
  gives<string[] | Places<never, "distance">>()(redis.georadiusRo("g", 1, 2, 3, "km", { withdist: unsure }));
  gives<string[] | Places<never, "distance" | "hash" | "coordinates">>()(
    redis.georadiusRo("g", 1, 2, 3, "km", any as GeoradiusRoOptions),
  );
  // GEOSEARCH
  gives<string[]>()(redis.geosearch("g", { ...circle, asc: true }));
  gives<Places<"distance">>()(redis.geosearch("g", { ...circle, withdist: true }));
  gives<Places<"hash">>()(redis.geosearch("g", { ...circle, withhash: true }));
  gives<Places<"coordinates">>()(redis.geosearch("g", { ...circle, withcoord: true }));
  gives<Places<"distance" | "hash">>()(redis.geosearch("g", { ...circle, withdist: true, withhash: true }));
  gives<Places<"distance" | "hash" | "coordinates">>()(
    redis.geosearch("g", { ...circle, withdist: true, withhash: true, withcoord: true }),
  );
  gives<string[] | Places<never, "distance">>()(redis.geosearch("g", { ...circle, withdist: unsure }));
  gives<string[] | Places<never, "distance" | "hash" | "coordinates">>()(redis.geosearch("g", any as GeosearchOptions));
}

export function withH(): void {
  // HRANDFIELD
  gives<string | null>()(redis.hrandfield("h"));
  gives<string[]>()(redis.hrandfield("h", 2));
  gives<string | null | string[] | Named>()(redis.hrandfield("h", count));
  gives<Named>()(redis.hrandfield("h", 2, { withvalues: true }));
  gives<Named | string[]>()(redis.hrandfield("h", 2, { withvalues: unsure }));
  gives<Named | string[] | string | null>()(redis.hrandfield("h", count, any as HrandfieldOptions));
  // HSCAN
  gives<[cursor: string, fields: Record<string, string>]>()(redis.hscan("h", "0"));
  gives<[cursor: string, fields: string[]]>()(redis.hscan("h", "0", { novalues: true }));
  gives<[cursor: string, fields: string[]] | [cursor: string, fields: Record<string, string>]>()(
    redis.hscan("h", "0", { novalues: unsure }),
  );
  gives<[cursor: string, fields: string[]] | [cursor: string, fields: Record<string, string>]>()(
    redis.hscan("h", "0", any as HscanOptions),
  );
}

export function withI(): void {
  // INCREX
  gives<[value: number, increment: number]>()(redis.increx("k"));
  gives<[value: number, increment: number]>()(redis.increx("k", { byfloat: 1.5 }));
  gives<[value: number, increment: number]>()(redis.increx("k", { byfloat: count }));
  gives<[value: number, increment: number]>()(redis.increx("k", any as IncrexOptions));
}

export function withJ(): void {
  // JSON.DEBUG
  gives<string[]>()(redis.jsonDebug("HELP"));
  gives<number[] | null>()(redis.jsonDebug("MEMORY", "j"));
  gives<number[] | null>()(redis.jsonDebug("DEPTH", "j"));
  gives<string[] | number[] | null>()(redis.jsonDebug(any as "HELP" | "FIELDS", "j"));
}

export function withL(): void {
  // LCS
  gives<string>()(redis.lcs("a", "b"));
  gives<number>()(redis.lcs("a", "b", { len: true }));
  gives<{ matches: [first: Span, second: Span][]; len: number }>()(redis.lcs("a", "b", { idx: true }));
  gives<{ matches: [first: Span, second: Span, length: number][]; len: number }>()(
    redis.lcs("a", "b", { idx: true, withmatchlen: true }),
  );
  gives<string>()(redis.lcs("a", "b", { withmatchlen: true }));
  gives<string | number>()(redis.lcs("a", "b", { len: unsure }));
  gives<string | { matches: [first: Span, second: Span][]; len: number }>()(redis.lcs("a", "b", { idx: unsure }));
  gives<
    { matches: [first: Span, second: Span][]; len: number } | {
      matches: [first: Span, second: Span, length: number][];
      len: number;
    }
  >()(redis.lcs("a", "b", { idx: true, withmatchlen: unsure }));
  gives<
    string | { matches: [first: Span, second: Span][]; len: number } | {
      matches: [first: Span, second: Span, length: number][];
      len: number;
    }
  >()(redis.lcs("a", "b", { idx: unsure, withmatchlen: unsure }));
  gives<
    number | { matches: [first: Span, second: Span, length: number][]; len: number } | {
      matches: [first: Span, second: Span][];
      len: number;
    } | string
  >()(redis.lcs("a", "b", any as LcsOptions));
  // LPOP
  gives<string | null>()(redis.lpop("l"));
  gives<string[] | null>()(redis.lpop("l", 2));
  gives<string | null | string[] | null>()(redis.lpop("l", count));
  // LPOS
  gives<number | null>()(redis.lpos("l", "e"));
  gives<number[]>()(redis.lpos("l", "e", { count: 0 }));
  gives<number | null>()(redis.lpos("l", "e", { rank: -1 }));
  gives<number | null>()(redis.lpos("l", "e", { count: undefined }));
  gives<number[] | number | null>()(redis.lpos("l", "e", { count }));
  gives<number[] | number | null>()(redis.lpos("l", "e", any as LposOptions));
}

export function withP(): void {
  // PING
  gives<"PONG">()(redis.ping());
  gives<string>()(redis.ping("hello"));
  gives<string>()(redis.ping(key));
}

export function withR(): void {
  // RPOP
  gives<string | null>()(redis.rpop("l"));
  gives<string[] | null>()(redis.rpop("l", 2));
  gives<string | null | string[] | null>()(redis.rpop("l", count));
}

export function withS(): void {
  // SENTINEL CONFIG
  gives<Record<string, string>>()(redis.sentinelConfig({ get: ["*"] }));
  gives<"OK">()(redis.sentinelConfig({ set: { a: "b" } }));
  gives<"OK" | Record<string, string>>()(redis.sentinelConfig(unsure ? { get: ["*"] } : { set: { a: "b" } }));
  gives<"OK" | Record<string, string>>()(redis.sentinelConfig(any as SentinelConfigOptions));
  // SENTINEL DEBUG
  gives<Record<string, string>>()(redis.sentinelDebug());
  gives<"OK" | Record<string, string>>()(redis.sentinelDebug("ping-period", count ?? 1000));
  gives<"OK" | Record<string, string>>()(redis.sentinelDebug({ "ping-period": 1000 }));
  // SET
  gives<"OK">()(redis.set("k", 1));
  gives<"OK">()(redis.set("k", 1, {}));
  gives<"OK" | null>()(redis.set("k", 1, { nx: true }));
  gives<"OK">()(redis.set("k", 1, { nx: false }));
  gives<"OK" | null>()(redis.set("k", 1, { ifne: "v" }));
  gives<string | null>()(redis.set("k", 1, { get: true, nx: true }));
  gives<"OK" | null>()(redis.set("k", 1, { nx: unsure }));
  gives<string | null>()(redis.set("k", 1, { get: unsure }));
  gives<"OK" | null>()(redis.set("k", 1, { ifeq: key }));
  gives<string | "OK" | null>()(redis.set("k", 1, any as SetOptions));
  // SORT
  gives<string[]>()(redis.sort("l"));
  gives<number>()(redis.sort("l", { store: "d" }));
  gives<(string | null)[]>()(redis.sort("l", { get: ["w_*"] }));
  gives<number>()(redis.sort("l", { get: ["w_*"], store: "d" }));
  gives<number | string[]>()(redis.sort("l", { store: key }));
  gives<number | (string | null)[]>()(redis.sort("l", { store: key, get: ["#"] }));
  gives<number | (string | null)[] | string[]>()(redis.sort("l", any as SortOptions));
  // SORT_RO
  gives<string[]>()(redis.sortRo("l"));
  gives<(string | null)[]>()(redis.sortRo("l", { get: ["w_*"] }));
  gives<string[] | (string | null)[]>()(redis.sortRo("l", unsure ? { get: ["#"] } : {}));
  gives<(string | null)[] | string[]>()(redis.sortRo("l", any as SortRoOptions));
  // SPOP
  gives<string | null>()(redis.spop("s"));
  gives<string[]>()(redis.spop("s", 2));
  gives<string | null | string[]>()(redis.spop("s", count));
  // SRANDMEMBER
  gives<string | null>()(redis.srandmember("s"));
  gives<string[]>()(redis.srandmember("s", 2));
  gives<string | null | string[]>()(redis.srandmember("s", count));
}

export function withT(): void {
  // TOPK.LIST
  gives<(string | null)[]>()(redis.topkList("t"));
  gives<Counted[]>()(redis.topkList("t", { withcount: true }));
  gives<(string | null)[] | Counted[]>()(redis.topkList("t", { withcount: unsure }));
  gives<Counted[] | (string | null)[]>()(redis.topkList("t", any as TopkListOptions));
}

export function withV(): void {
  // VEMB
  gives<number[] | null>()(redis.vemb("v", "e"));
  gives<Raw | null>()(redis.vemb("v", "e", { raw: true }));
  gives<number[] | Raw | null>()(redis.vemb("v", "e", { raw: unsure }));
  gives<Raw | number[] | null>()(redis.vemb("v", "e", any as VembOptions));
  // VLINKS
  gives<string[][] | null>()(redis.vlinks("v", "e"));
  gives<Scored[] | null>()(redis.vlinks("v", "e", { withscores: true }));
  gives<string[][] | Scored[] | null>()(redis.vlinks("v", "e", { withscores: unsure }));
  gives<Scored[] | string[][] | null>()(redis.vlinks("v", "e", any as VlinksOptions));
  // VRANDMEMBER
  gives<string | null>()(redis.vrandmember("v"));
  gives<string[]>()(redis.vrandmember("v", 2));
  gives<string | null | string[]>()(redis.vrandmember("v", count));
  // VSIM
  gives<string[]>()(redis.vsim("v", { ele: "a" }));
  gives<Scored>()(redis.vsim("v", { ele: "a", withscores: true }));
  gives<[name: string, value: string | null][]>()(redis.vsim("v", { ele: "a", withattribs: true }));
  gives<[element: string, score: number, attributes: string | null][]>()(
    redis.vsim("v", { ele: "a", withscores: true, withattribs: true }),
  );
  gives<string[] | Scored>()(redis.vsim("v", { ele: "a", withscores: unsure }));
  gives<[name: string, value: string | null][] | [element: string, score: number, attributes: string | null][]>()(
    redis.vsim("v", { ele: "a", withscores: unsure, withattribs: true }),
  );
  gives<
    string[] | Scored | [name: string, value: string | null][] | [
      element: string,
      score: number,
      attributes: string | null,
    ][]
  >()(redis.vsim("v", { ele: "a", withscores: unsure, withattribs: unsure }));
  gives<
    | [element: string, score: number, attributes: string | null][]
    | Scored
    | [name: string, value: string | null][]
    | string[]
  >()(redis.vsim("v", any as VsimOptions));
}

export function withX(): void {
  // XADD
  gives<string>()(redis.xadd("s", "*", { f: "v" }));
  gives<string | null>()(redis.xadd("s", "*", { f: "v" }, { nomkstream: true }));
  gives<string>()(redis.xadd("s", "*", { f: "v" }, { trim: { maxlen: 5 } }));
  gives<string | null>()(redis.xadd("s", "*", { f: "v" }, { nomkstream: unsure }));
  gives<string | null>()(redis.xadd("s", "*", { f: "v" }, any as XaddOptions));
  // XAUTOCLAIM
  gives<[next: string, entries: StreamEntry[], deleted: string[]]>()(redis.xautoclaim("s", "g", "c", 0, "0"));
  gives<[next: string, ids: string[], deleted: string[]]>()(redis.xautoclaim("s", "g", "c", 0, "0", { justid: true }));
  gives<[next: string, entries: StreamEntry[], deleted: string[]]>()(
    redis.xautoclaim("s", "g", "c", 0, "0", { count: 5 }),
  );
  gives<[next: string, ids: string[], deleted: string[]] | [next: string, entries: StreamEntry[], deleted: string[]]>()(
    redis.xautoclaim("s", "g", "c", 0, "0", { justid: unsure }),
  );
  gives<[next: string, ids: string[], deleted: string[]] | [next: string, entries: StreamEntry[], deleted: string[]]>()(
    redis.xautoclaim("s", "g", "c", 0, "0", any as XautoclaimOptions),
  );
  // XCLAIM
  gives<StreamEntry[]>()(redis.xclaim("s", "g", "c", 0, ["1-1"]));
  gives<string[]>()(redis.xclaim("s", "g", "c", 0, ["1-1"], { justid: true }));
  gives<string[] | StreamEntry[]>()(redis.xclaim("s", "g", "c", 0, ["1-1"], { justid: unsure }));
  gives<string[] | StreamEntry[]>()(redis.xclaim("s", "g", "c", 0, ["1-1"], any as XclaimOptions));
  // XINFO STREAM
  gives<StreamInfo>()(redis.xinfoStream("s"));
  gives<StreamDetails>()(redis.xinfoStream("s", { full: true }));
  gives<StreamDetails>()(redis.xinfoStream("s", { full: { count: 5 } }));
  gives<StreamInfo | StreamDetails>()(redis.xinfoStream("s", unsure ? { full: true } : {}));
  gives<StreamDetails | StreamInfo>()(redis.xinfoStream("s", any as XinfoStreamOptions));
  // XPENDING
  type Summary = [
    ...[count: number, first: string | null, last: string | null],
    consumers: [consumer: string, count: number][] | null,
  ];
  gives<Summary>()(redis.xpending("s", "g"));
  gives<[id: string, consumer: string, idle: number, deliveries: number][]>()(
    redis.xpending("s", "g", { start: "-", end: "+", count: 5 }),
  );
  gives<[id: string, consumer: string, idle: number, deliveries: number][] | Summary>()(
    redis.xpending("s", "g", any as XpendingOptions | undefined),
  );
  // XREADGROUP
  gives<[key: string, entries: DeliveredEntry[]][] | null>()(redis.xreadgroup("g", "c", { s: ">" }));
  gives<
    | [
      key: string,
      entries: [id: string, fields: Record<string, string> | null, idle?: number, deliveries?: number][],
    ][]
    | null
  >()(redis.xreadgroup("g", "c", { s: ">" }, { claim: 5 }));
  gives<[key: string, entries: DeliveredEntry[]][] | null>()(redis.xreadgroup("g", "c", { s: ">" }, { noack: true }));
  gives<
    [key: string, entries: DeliveredEntry[]][] | null | [
      key: string,
      entries: [id: string, fields: Record<string, string> | null, idle?: number, deliveries?: number][],
    ][] | null
  >()(redis.xreadgroup("g", "c", { s: ">" }, { claim: count }));
  gives<
    | [
      key: string,
      entries: [id: string, fields: Record<string, string> | null, idle?: number, deliveries?: number][],
    ][]
    | null
    | [key: string, entries: DeliveredEntry[]][]
    | null
  >()(redis.xreadgroup("g", "c", { s: ">" }, any as XreadgroupOptions));
}

export function withZ(): void {
  // ZADD
  gives<number>()(redis.zadd("z", { a: 1 }));
  gives<number | null>()(redis.zadd("z", { a: 1 }, { incr: true }));
  gives<number>()(redis.zadd("z", { a: 1 }, { incr: false, ch: true }));
  gives<number | null>()(redis.zadd("z", { a: 1 }, { incr: unsure }));
  gives<number | null>()(redis.zadd("z", { a: 1 }, any as ZaddOptions));
  // ZDIFF
  gives<string[]>()(redis.zdiff(["z", "y"]));
  gives<Scored>()(redis.zdiff(["z", "y"], { withscores: true }));
  gives<string[]>()(redis.zdiff(["z", "y"], { withscores: false }));
  gives<string[] | Scored>()(redis.zdiff(["z", "y"], { withscores: unsure }));
  gives<string[] | Scored>()(redis.zdiff(["z", "y"], unsure ? { withscores: true } : {}));
  gives<Scored | string[]>()(redis.zdiff(["z", "y"], any as ZdiffOptions));
  // ZINTER
  gives<string[]>()(redis.zinter(["z", "y"]));
  gives<Scored>()(redis.zinter(["z", "y"], { withscores: true }));
  gives<string[]>()(redis.zinter(["z", "y"], { withscores: false }));
  gives<string[] | Scored>()(redis.zinter(["z", "y"], { withscores: unsure }));
  gives<string[] | Scored>()(redis.zinter(["z", "y"], unsure ? { withscores: true } : {}));
  gives<Scored | string[]>()(redis.zinter(["z", "y"], any as ZinterOptions));
  // ZPOPMAX
  gives<[member: string, score: number] | null>()(redis.zpopmax("z"));
  gives<Scored>()(redis.zpopmax("z", 2));
  gives<[member: string, score: number] | null | Scored>()(redis.zpopmax("z", count));
  // ZPOPMIN
  gives<[member: string, score: number] | null>()(redis.zpopmin("z"));
  gives<Scored>()(redis.zpopmin("z", 2));
  gives<[member: string, score: number] | null | Scored>()(redis.zpopmin("z", count));
  // ZRANDMEMBER
  gives<string | null>()(redis.zrandmember("z"));
  gives<string[]>()(redis.zrandmember("z", 2));
  gives<string | null | string[] | Scored>()(redis.zrandmember("z", count));
  gives<Scored>()(redis.zrandmember("z", 2, { withscores: true }));
  gives<Scored | string[]>()(redis.zrandmember("z", 2, { withscores: unsure }));
  gives<Scored | string[] | string | null>()(redis.zrandmember("z", count, any as ZrandmemberOptions));
  // ZRANGE
  gives<string[]>()(redis.zrange("z", 0, -1));
  gives<Scored>()(redis.zrange("z", 0, -1, { withscores: true }));
  gives<string[]>()(redis.zrange("z", 0, -1, { withscores: false }));
  gives<string[] | Scored>()(redis.zrange("z", 0, -1, { withscores: unsure }));
  gives<string[] | Scored>()(redis.zrange("z", 0, -1, unsure ? { withscores: true } : {}));
  gives<Scored | string[]>()(redis.zrange("z", 0, -1, any as ZrangeOptions));
  // ZRANGEBYSCORE
  gives<string[]>()(redis.zrangebyscore("z", 0, "+inf"));
  gives<Scored>()(redis.zrangebyscore("z", 0, "+inf", { withscores: true }));
  gives<string[]>()(redis.zrangebyscore("z", 0, "+inf", { withscores: false }));
  gives<string[] | Scored>()(redis.zrangebyscore("z", 0, "+inf", { withscores: unsure }));
  gives<string[] | Scored>()(redis.zrangebyscore("z", 0, "+inf", unsure ? { withscores: true } : {}));
  gives<Scored | string[]>()(redis.zrangebyscore("z", 0, "+inf", any as ZrangebyscoreOptions));
  // ZRANK
  gives<number | null>()(redis.zrank("z", "m"));
  gives<[rank: number, score: number] | null>()(redis.zrank("z", "m", { withscore: true }));
  gives<number | [rank: number, score: number] | null>()(redis.zrank("z", "m", { withscore: unsure }));
  gives<number | [rank: number, score: number] | null>()(redis.zrank("z", "m", any as ZrankOptions));
  // ZREVRANGE
  gives<string[]>()(redis.zrevrange("z", 0, -1));
  gives<Scored>()(redis.zrevrange("z", 0, -1, { withscores: true }));
  gives<string[]>()(redis.zrevrange("z", 0, -1, { withscores: false }));
  gives<string[] | Scored>()(redis.zrevrange("z", 0, -1, { withscores: unsure }));
  gives<string[] | Scored>()(redis.zrevrange("z", 0, -1, unsure ? { withscores: true } : {}));
  gives<Scored | string[]>()(redis.zrevrange("z", 0, -1, any as ZrevrangeOptions));
  // ZREVRANGEBYSCORE
  gives<string[]>()(redis.zrevrangebyscore("z", "+inf", 0));
  gives<Scored>()(redis.zrevrangebyscore("z", "+inf", 0, { withscores: true }));
  gives<string[]>()(redis.zrevrangebyscore("z", "+inf", 0, { withscores: false }));
  gives<string[] | Scored>()(redis.zrevrangebyscore("z", "+inf", 0, { withscores: unsure }));
  gives<string[] | Scored>()(redis.zrevrangebyscore("z", "+inf", 0, unsure ? { withscores: true } : {}));
  gives<Scored | string[]>()(redis.zrevrangebyscore("z", "+inf", 0, any as ZrevrangebyscoreOptions));
  // ZREVRANK
  gives<number | null>()(redis.zrevrank("z", "m"));
  gives<[rank: number, score: number] | null>()(redis.zrevrank("z", "m", { withscore: true }));
  gives<number | [rank: number, score: number] | null>()(redis.zrevrank("z", "m", { withscore: unsure }));
  gives<number | [rank: number, score: number] | null>()(redis.zrevrank("z", "m", any as ZrevrankOptions));
  // ZSCAN
  gives<[cursor: string, members: Scored]>()(redis.zscan("z", "0"));
  gives<[cursor: string, members: string[]]>()(redis.zscan("z", "0", { noscores: true }));
  gives<[cursor: string, members: string[]] | [cursor: string, members: Scored]>()(
    redis.zscan("z", "0", { noscores: unsure }),
  );
  gives<[cursor: string, members: string[]] | [cursor: string, members: Scored]>()(
    redis.zscan("z", "0", any as ZscanOptions),
  );
  // ZUNION
  gives<string[]>()(redis.zunion(["z", "y"]));
  gives<Scored>()(redis.zunion(["z", "y"], { withscores: true }));
  gives<string[]>()(redis.zunion(["z", "y"], { withscores: false }));
  gives<string[] | Scored>()(redis.zunion(["z", "y"], { withscores: unsure }));
  gives<string[] | Scored>()(redis.zunion(["z", "y"], unsure ? { withscores: true } : {}));
  gives<Scored | string[]>()(redis.zunion(["z", "y"], any as ZunionOptions));
}

/** Whether there are options at all may turn out at run time, too: what no option gives is among what may come. */
export function withOptionsOrNone(
  how: { withscores: true } | undefined,
  scored?: { withscore: true },
  all?: ZrangeOptions,
): void {
  gives<string[] | Scored>()(redis.zrange("z", 0, -1, how));
  gives<string[] | Scored>()(redis.zrange("z", 0, -1, all));
  gives<string[] | Scored>()(redis.zrange("z", 0, -1, unsure ? { withscores: true } : undefined));
  gives<string[]>()(redis.zrange("z", 0, -1, unsure ? { rev: true } : undefined));
  gives<string[]>()(redis.zrange("z", 0, -1, undefined));
  gives<number | [rank: number, score: number] | null>()(redis.zrank("z", "m", scored));
  gives<string[] | Scored>()(redis.zunion(["z", "y"], how));
  gives<string[] | Named>()(redis.hrandfield("h", 2, unsure ? { withvalues: true } : undefined));
  gives<number | null | number[]>()(redis.lpos("l", "e", unsure ? { count: 0 } : undefined));
  gives<StreamInfo | StreamDetails>()(redis.xinfoStream("s", unsure ? { full: true } : undefined));
  gives<"OK">()(redis.set("k", "v", unsure ? { ex: 5 } : undefined));
  gives<"OK" | null>()(redis.set("k", "v", unsure ? { nx: true } : undefined));
  gives<number | null>()(redis.zadd("z", 1, "m", unsure ? { incr: true } : undefined));
  gives<string[] | Places<never, "distance">>()(
    redis.georadius("g", 1, 2, 3, "km", unsure ? { withdist: true } : undefined),
  );
  gives<SearchRows | [rows: SearchRows, cursor: number]>()(
    redis.ftAggregate("i", "*", undefined, unsure ? { withcursor: true } : undefined),
  );
  // @ts-expect-error: an option of that name is none, also where there may be no options
  redis.zrange("z", 0, -1, unsure ? { withscore: true } : undefined);
  // @ts-expect-error: options that must be there are no `undefined`
  redis.geosearch("g", unsure ? { ...circle, withdist: true } : undefined);
}
