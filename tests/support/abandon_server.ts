// Run by servers_test.ts: starts a server, prints its process id, and waits to be killed.
import { startRedis } from "./servers.ts";

const server = await startRedis();
console.log(server.pid);
setInterval(() => {}, 60_000);
