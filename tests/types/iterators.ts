/**
 * Compiled, never run: what the loops of a client give, on each of its surfaces.
 */
import type {
  BaseClient,
  Delivery,
  HscanOptions,
  Message,
  MonitorLine,
  Redis,
  ScanFrom,
  Session,
  StreamItem,
  Surfaces,
  ZscanOptions,
} from "../../mod.ts";
import type { BaseCluster, ClusterSurfaces } from "../../src/cluster/mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only where a loop gives exactly this. */
declare function gives<Wanted>(): <Got>(
  items: AsyncIterable<Got>,
  ...same: Equal<Got, Wanted> extends true ? [] : [never]
) => void;

declare const redis: Redis;
declare const bytes: Redis<Uint8Array>;
declare const bigints: Redis<string, bigint>;
declare const session: Session;
declare const byteSession: Session<Uint8Array>;
declare const either: Redis | Session;
declare const unsure: boolean;
declare const anyHash: HscanOptions | undefined;
declare const anySorted: ZscanOptions & ScanFrom;
/** A client that was generated without SCAN and XREAD. */
declare const small: BaseClient<Surfaces>;
declare const smallCluster: BaseCluster<ClusterSurfaces>;

export async function loops(): Promise<void> {
  gives<string[]>()(redis.scanIterator({ match: "a*", type: "string", cursor: "0" }));
  gives<Uint8Array>()(bytes.scanIterator().each());
  gives<[field: string, value: string][]>()(redis.hscanIterator("h"));
  gives<[field: Uint8Array, value: Uint8Array]>()(bytes.hscanIterator("h").each());
  gives<string[]>()(redis.hscanIterator("h", { novalues: true }));
  gives<string[]>()(bigints.sscanIterator("s"));
  gives<[member: string, score: number]>()(bigints.zscanIterator("z").each());
  gives<Uint8Array[]>()(bytes.zscanIterator("z", { noscores: true }));
  gives<string[]>()(session.scanIterator({ match: "a*" }));
  gives<[field: string, value: string][]>()(session.hscanIterator("h"));
  gives<Uint8Array[]>()(byteSession.hscanIterator("h", { novalues: true }));
  gives<Uint8Array>()(byteSession.sscanIterator("s").each());
  gives<[member: string, score: number][]>()(session.zscanIterator("z"));
  gives<(string | [field: string, value: string])[]>()(redis.hscanIterator("h", anyHash));
  gives<(string | [field: string, value: string])[]>()(redis.hscanIterator("h", { novalues: unsure, count: 5 }));
  gives<(Uint8Array | [member: Uint8Array, score: number])[]>()(bytes.zscanIterator("z", { noscores: unsure }));
  gives<(string | [field: string, value: string])[]>()(session.hscanIterator("h", anyHash));
  gives<string | [member: string, score: number]>()(session.zscanIterator("z", anySorted).each());
  gives<string[]>()(either.scanIterator({ match: "a*" }));
  gives<[field: string, value: string][]>()(either.hscanIterator("h"));
  gives<string[]>()(either.hscanIterator("h", { novalues: true }));
  gives<string[]>()(either.sscanIterator("s"));
  gives<(string | [member: string, score: number])[]>()(either.zscanIterator("z", anySorted));
  gives<StreamItem<string>>()(redis.readStream("s", { from: "0" }));
  gives<StreamItem<Uint8Array>>()(bytes.readStream(["s", new Uint8Array(1)], { from: ["0", "$"] }));
  gives<MonitorLine<string>>()(redis.monitor());
  gives<MonitorLine<Uint8Array>>()(bytes.monitor({ overflow: "drop-oldest" }));
  gives<Message<string>>()(await redis.subscribe("c"));
  gives<Message<Uint8Array>>()(await bytes.psubscribe(["c*"]));
  bigints.streamWorker({
    streams: "s",
    group: "g",
    handler: (entry: Delivery<string>) => entry.deliveries + Number(entry.fields.n),
  });
  bytes.streamWorker({ streams: "s", group: "g", handler: ({ fields }) => fields.get(new Uint8Array(1))?.byteLength });
}

export function mistakes(): void {
  // @ts-expect-error: the cursor is text, as it may have 64 bits
  redis.scanIterator({ cursor: 0 });
  // @ts-expect-error: a stream has no such option
  redis.readStream("s", { after: "0" });
  // @ts-expect-error: a worker needs a group
  redis.streamWorker({ streams: "s", handler: () => {} });
  // @ts-expect-error: this client has no SCAN
  small.scanIterator();
  // @ts-expect-error: nor has this one
  smallCluster.scanIterator();
  // @ts-expect-error: this client has no XREAD
  small.readStream("s");
  // @ts-expect-error: what a loop gives belongs to the client, not to a pipeline
  redis.pipeline((p) => [p.scanIterator()]);
}
