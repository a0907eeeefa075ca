/**
 * What a chaos run has left on the server, compared with what its callers were told. Asked over plain sockets: the client
 * under test has no say in it.
 *
 * @module
 */
import type { Server } from "../support/servers.ts";
import type { Ledger } from "./ledger.ts";
import type { Traces } from "./workload.ts";

/** Looks at the server, and leaves it empty. */
export async function checkTraces(server: Server, ledger: Ledger, traces: Traces): Promise<void> {
  const runs = await ask(server, "HGETALL", "runs");
  const added = new Map<number, number>();
  for (let i = 0; i < runs.length; i += 2) added.set(Number(runs[i]), Number(runs[i + 1]));
  ledger.checkRuns("HINCRBY", traces.added, (number) => (added.get(number) ?? 0) / number);
  for (const numbers of traces.together) {
    const ran = numbers.filter((number) => added.has(number)).length;
    if (ran !== 0 && ran !== numbers.length) {
      ledger.accuse("untrue", `${ran} of ${numbers.length} commands of a transaction ran`);
    }
  }
  ledger.checkRuns("RPUSH", traces.pushed, counter(await ask(server, "LRANGE", "pushed", "0", "-1")));
  const written = (await ask(server, "KEYS", "s:*")).map((key) => key.slice(2));
  ledger.checkRuns("SET", traces.written, counter(written));
  const entries = (await ask(server, "XRANGE", "stream", "-", "+")).filter((_, i, all) => all[i - 1] === "n");
  ledger.checkRuns("XADD", traces.streamed, counter(entries));
  checkQueue(ledger, traces, (await ask(server, "LRANGE", "queue", "0", "-1")).map(Number));
  const agreed = Number((await ask(server, "GET", "agreed"))[0] ?? 0);
  if (agreed < traces.agreed) {
    ledger.accuse("lost", `the counter stands at ${agreed}, ${traces.agreed} raises were acknowledged`);
  }
  if (agreed > traces.agreedAtMost) {
    ledger.accuse("untrue", `the counter stands at ${agreed}, at most ${traces.agreedAtMost} can have raised it`);
  }
  const astray = await ask(server, "KEYS", "elsewhere:*");
  if (astray.length > 0) ledger.accuse("untrue", `${astray.length} keys were written to the wrong database`);
  const abroad = await ask(server, "EVAL", "redis.call('SELECT', 1) return redis.call('KEYS', '*')", "0");
  const strays = abroad.filter((key) => !key.startsWith("elsewhere:"));
  if (strays.length > 0) ledger.accuse("untrue", `written to the wrong database: ${strays.slice(0, 5).join(", ")}`);
  checkNews(ledger, traces);
  await server.command("FLUSHALL");
  await server.command("BGREWRITEAOF");
  // Its child writes to the server's folder, which is to be removed at the end.
  while (/aof_rewrite_(in_progress|scheduled):1/.test(await server.command("INFO", "persistence"))) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What was put in is taken out once, or still there; what is missing must be what doubtful pops may have taken. */
function checkQueue(ledger: Ledger, traces: Traces, left: number[]): void {
  const times = counter([...traces.taken, ...left]);
  const known = new Set(traces.queued);
  for (const number of traces.taken) {
    if (!known.has(number)) ledger.accuse("mispairing", `BLPOP gave ${number}, which nobody pushed`);
  }
  let missing = 0;
  for (const number of traces.queued) {
    const fate = ledger.fates.get(number);
    if (times(number) > 1) {
      ledger.accuse("twice", `LPUSH ${number} was there ${times(number)} times; its caller knows: ${fate}`);
    }
    if (times(number) === 0 && fate === "ran") missing++;
    if (times(number) > 0 && fate === "not") ledger.accuse("untrue", `LPUSH ${number} ran though its error said no`);
  }
  if (missing > traces.doubtfulPops) {
    ledger.accuse("lost", `${missing} elements are gone, only ${traces.doubtfulPops} pops may have taken one`);
  }
}

/** Each listener hears each message once at most, and nothing that was not published. */
export function checkNews(ledger: Ledger, traces: Traces): void {
  const known = new Set(traces.published);
  for (const heard of traces.heard) {
    const times = counter(heard);
    for (const number of new Set(heard)) {
      if (!known.has(number)) ledger.accuse("mispairing", `${number} was heard, which nobody published`);
      if (times(number) > 1) ledger.accuse("twice", `one listener heard message ${number} ${times(number)} times`);
      if (ledger.fates.get(number) === "not") {
        ledger.accuse("untrue", `message ${number} was heard though its error said no`);
      }
    }
  }
}

/** Counts how often each number occurs. */
function counter(values: readonly (string | number)[]): (number: number) => number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(Number(value), (counts.get(Number(value)) ?? 0) + 1);
  return (number) => counts.get(number) ?? 0;
}

/** The strings of a reply, however deep: none of them holds a line end. */
async function ask(server: Server, ...words: string[]): Promise<string[]> {
  const lines = (await server.command(...words)).split("\r\n");
  return lines.filter((_, i) => lines[i - 1]?.startsWith("$") && lines[i - 1] !== "$-1");
}
