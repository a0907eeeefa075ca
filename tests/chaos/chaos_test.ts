// A small chaos run, and that a chaos run finds what it is for. The large one: deno task chaos.
import { assert, assertEquals } from "@std/assert";
import { connect } from "../../mod.ts";
import { startScripted } from "../support/scripted.ts";
import { missing } from "../support/servers.ts";
import { test } from "../support/test.ts";
import { Ledger } from "./ledger.ts";
import { startProxy } from "./proxy.ts";
import { Random } from "./random.ts";
import { type ChaosReport, runChaos } from "./run.ts";
import { checkNews } from "./traces.ts";
import { Traces } from "./workload.ts";

function told({ ledger }: ChaosReport): string {
  return ledger.evidence.join("\n");
}

// An epoch for each kind of client options.
for (const version of ["redis-7.0", "valkey-9"] as const) {
  test(`12,000 commands, faults and a server that dies: everybody is told the truth, on ${version}`, {
    skip: missing(version),
  }, async () => {
    const report = await runChaos({ version, seed: 7, commands: 12_000, epoch: 4_000, gap: 15_000, lifetime: 150_000 });
    assertEquals(report.failed, false, told(report));
    assert(report.ledger.commands >= 12_000 && report.deaths > 0 && report.faults.size > 5);
    assert(report.ledger.counts.ran > 1000, "many commands come through");
  });
}

test("a chaos run finds out a client that repeats what may have run", async () => {
  const resend = () => true;
  const report = await runChaos({ seed: 1, commands: 5_000, gap: 3_000, lifetime: Infinity, options: { resend } });
  assert(report.ledger.crimes.twice > 0);
});

test("a chaos run finds out a server that forgets what it has acknowledged", async () => {
  const report = await runChaos({ seed: 1, commands: 6_000, gap: Infinity, lifetime: 80_000, forgetful: true });
  assert(report.deaths > 0);
  assert(report.ledger.crimes.lost > 0);
});

test("a ledger finds replies that are another command's, calls that hang, and errors that should not come", async () => {
  const ledger = new Ledger();
  ledger.expect("GET", "v:1", "v:3");
  void ledger.call("GET", 1, () => new Promise(() => {}));
  ledger.checkHangs();
  await ledger.call("GET", 1, () => Promise.reject(new TypeError("what?")));
  ledger.settle(1, "not");
  ledger.checkRuns("SET", [1], () => 1);
  assertEquals(ledger.crimes, { hang: 1, mispairing: 1, lost: 0, twice: 0, untrue: 1, surprise: 1 });
});

test("a listener that hears a message twice is found out, however many others have not heard it", () => {
  const ledger = new Ledger();
  const traces = new Traces();
  traces.published.push(1, 3);
  traces.heard.push([1, 3], [3, 3], []);
  checkNews(ledger, traces);
  assertEquals(ledger.crimes, { hang: 0, mispairing: 0, lost: 0, twice: 1, untrue: 0, surprise: 0 });
});

test("a seed stands for the same numbers, and the same faults at the same bytes", async () => {
  const numbers = (seed: number) => {
    const random = new Random(seed).fork("a", 1);
    return Array.from({ length: 5 }, () => random.below(1000));
  };
  assertEquals(numbers(1), numbers(1));
  assert(String(numbers(1)) !== String(numbers(2)));
  const first = await faultsOf(3);
  const second = await faultsOf(3);
  let compared = 0;
  // How far a connection gets is a question of time; what happens to it on the way is not.
  for (const [connection, faults] of first) {
    const again = second.get(connection) ?? [];
    const both = Math.min(faults.length, again.length);
    assertEquals(faults.slice(0, both), again.slice(0, both));
    compared += both;
  }
  assert(compared > 2);
});

/** What happens to bytes that go to the server, by connection, if little is said over each. */
async function faultsOf(seed: number): Promise<Map<string, string[]>> {
  await using server = await startScripted(async (peer) => {
    while (await peer.command()) await peer.send("+OK\r\n");
  });
  await using proxy = await startProxy({ random: new Random(seed), port: server.port, gap: 300, stall: 1 });
  proxy.calm = false;
  for (let i = 0; i < 12; i++) {
    const settings = { protocol: 2, clientInfo: false, backoff: () => null, silenceTimeout: 50 } as const;
    const redis = await connect(proxy.url, { ...settings, connectTimeout: 50 }).catch(() => undefined);
    for (let j = 0; redis && j < 10; j++) await redis.set("key", "value".repeat(j)).catch(() => {});
    redis?.destroy();
  }
  const faults = new Map<string, string[]>();
  for (const line of proxy.log) {
    const [connection = "", ...what] = line.split(", ");
    if (what[0] === "up") faults.set(connection, [...faults.get(connection) ?? [], what.join(", ")]);
  }
  return faults;
}
