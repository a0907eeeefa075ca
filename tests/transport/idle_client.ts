/**
 * A program that opens a socket and then has nothing to do. Argument: the port.
 *
 * @module
 */
import process from "node:process";
import { connectTransport } from "../../src/transport/default.ts";

const [port] = process.argv.slice(2);
const transport = await connectTransport({ hostname: "127.0.0.1", port: Number(port) }, {
  data() {
    console.log("idle");
  },
  drain() {},
  close() {
    console.log("closed");
  },
});
transport.write(new TextEncoder().encode("x"));
