// Each name that can be imported, and something of what it gives.
import * as main from "@respire/redis";
import { Decoder, Encoder, NEED_MORE } from "@respire/redis/resp";

const encoder = new Encoder();
encoder.command(new TextEncoder().encode("$4\r\nECHO\r\n"), 1, ["hello"], "ECHO");
const decoder = new Decoder();
for (const part of encoder.take()) decoder.feed(part);
console.log(JSON.stringify(decoder.read(0)), decoder.read(0) === NEED_MORE);
console.log(Object.keys(main).sort().join(" "));
console.log("entries done");
