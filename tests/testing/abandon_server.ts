// Run by server_test.ts: starts a server, prints its process id, and waits to be killed.
import { startRedis } from "../../src/testing/mod.ts";

const server = await startRedis();
console.log(server.pid);
setInterval(() => {}, 60_000);
