import { assertEquals, assertRejects } from "@std/assert";
import { connectTransport } from "../../src/transport/default.ts";
import { concat } from "../support/bytes.ts";
import { startScripted } from "../support/scripted.ts";
import { test } from "../support/test.ts";
import { adapters, neverOpened, Recorder } from "./adapters.ts";

test("the default transport opens a socket in this runtime, again and again", async () => {
  await using server = await startScripted(async (peer) => {
    await peer.until("PING");
    await peer.send("PONG");
    peer.end();
  });
  for (let round = 0; round < 2; round++) {
    const client = await Recorder.open(connectTransport, server);
    client.transport.write(concat("PING"));
    await client.closed();
    assertEquals(client.text, "PONG");
  }
});

for (const { name, connect } of (await adapters()).filter(({ name }) => name !== "node")) {
  test(`${name}: an adapter without encryption says so, rather than sending in the clear`, async () => {
    await using server = await startScripted();
    const { hostname, port } = server;
    await assertRejects(() => Recorder.open(connect, { hostname, port, tls: {} }), TypeError, "encrypt");
    await neverOpened(server, connect);
  });
}
