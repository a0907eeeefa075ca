// Each name that can be imported outside of Workers, and something of what it gives.
import * as main from "@respire/redis";
import type * as cloudflare from "@respire/redis/cloudflare";
import type { connectTransport as openInWorkers } from "@respire/redis/sockets/cloudflare";
import { connectTransport } from "@respire/redis/sockets/node";
import { type Cluster, connectCluster } from "@respire/redis/cluster";
import { BaseCluster } from "@respire/redis/cluster/client";
import { primaryOf } from "@respire/redis/sentinel";
import { Decoder, Encoder, NEED_MORE } from "@respire/redis/resp";

const encoder = new Encoder();
encoder.command(new TextEncoder().encode("$4\r\nECHO\r\n"), 1, ["hello"], "ECHO");
const decoder = new Decoder();
for (const part of encoder.take()) decoder.feed(part);
console.log(JSON.stringify(decoder.read(0)), decoder.read(0) === NEED_MORE);
console.log(Object.keys(main).sort().join(" "));

/** A client of Workers is a client like any other. */
const inWorkers: (redis: cloudflare.Redis) => main.Redis = (redis) => redis;
console.log(typeof inWorkers);
const sameKind: typeof openInWorkers = connectTransport;
console.log(typeof sameKind);
const found: main.ClientOptions = { connect: primaryOf("main", ["redis://127.0.0.1:26379"]) };
console.log(found.connect?.place?.name);
const everywhere: (nodes: string[]) => Promise<Cluster> = connectCluster;
console.log(typeof everywhere);
console.log(BaseCluster.name);
console.log("entries done");
