// Run by server_test.ts: starts servers with the options it is given, prints their process ids, and waits to be killed.
import process from "node:process";
import type { Cluster } from "../../src/testing/cluster.ts";
import { type Server, startRedis } from "../../src/testing/mod.ts";

const started = await startRedis(JSON.parse(process.argv[2]!)) as Server | Cluster;
console.log(("nodes" in started ? started.nodes : [started]).map((server) => server.pid).join(" "));
setInterval(() => {}, 60_000);
