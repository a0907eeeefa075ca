/**
 * A program that opens a socket and then has nothing to do. Arguments: the port, and "ref" or "unref".
 *
 * @module
 */
import process from "node:process";
import { connectTransport } from "../../src/transport/default.ts";

const [port, way] = process.argv.slice(2);
const transport = await connectTransport({ hostname: "127.0.0.1", port: Number(port) }, {
  data() {
    transport.ref(false);
    if (way === "ref") transport.ref(true);
    console.log("idle");
  },
  drain() {},
  close() {
    console.log("closed");
  },
});
transport.write(new TextEncoder().encode("x"));
