/**
 * The chaos run as a program.
 *
 *     deno task chaos [--commands 1000000] [--seed 1] [--runtime deno|bun] [--server redis-7.0|redis-8|valkey-9] [--from EPOCH]
 *
 * Without `--server` the commands are shared out to all servers that this machine has. A failure prints how to make it
 * again.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { available, type ServerVersion } from "../support/servers.ts";
import { type ChaosReport, runChaos } from "./run.ts";

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    commands: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    runtime: { type: "string" },
    server: { type: "string" },
    from: { type: "string", default: "0" },
  },
});

function runtime(): string {
  const { Deno, Bun } = globalThis as { Deno?: { version: { deno: string } }; Bun?: { version: string } };
  return Deno ? `deno ${Deno.version.deno}` : Bun ? `bun ${Bun.version}` : `node ${process.versions.node}`;
}

/** Runs the same in another runtime. */
function elsewhere(name: string): void {
  const rest = Object.entries(values).flatMap(([key, value]) => key === "runtime" ? [] : [`--${key}`, String(value)]);
  const file = fileURLToPath(import.meta.url);
  const child = spawn(name, [...(name === "deno" ? ["run", "-A"] : []), file, ...rest], { stdio: "inherit" });
  child.on("exit", (code) => process.exit(code ?? 1));
}

function show(report: ChaosReport, seconds: number): void {
  const { ledger } = report;
  const { ledger: { commands, counts, crimes, evidence, fates }, faults, deaths, server } = report;
  console.log(`${runtime()}, ${server}, seed ${values.seed}: ${commands} commands in ${seconds.toFixed(0)} s`);
  console.log(
    `  faults: ${
      [...faults].sort().map(([fault, count]) => `${fault} ${count}`).join(", ")
    }; server killed and started again ${deaths} times`,
  );
  const lines = [...ledger.calls].sort().map(([name, [good, bad]]) =>
    `${name} ${good}${bad ? ` (${bad} errors)` : ""}`
  );
  console.log(`  calls: ${lines.join(", ")}`);
  console.log(
    `  ${fates.size} numbered writes: ${counts.ran} acknowledged, ${counts.not} did not run, ${counts.maybe} may have run`,
  );
  console.log(
    `  hangs ${crimes.hang}, mispairings ${crimes.mispairing}, acknowledged and lost ${crimes.lost}, executed twice ${crimes.twice}, run though the error said no ${crimes.untrue}, other surprises ${crimes.surprise}`,
  );
  for (const line of evidence) console.log(`  ${line}`);
}

async function main(): Promise<void> {
  const all: ServerVersion[] = ["redis-7.0", "redis-8", "valkey-9"];
  const servers = values.server ? [values.server as ServerVersion] : all.filter((version) => available(version));
  let failed = false;
  let commands = 0;
  for (const version of servers) {
    const started = performance.now();
    const report = await runChaos({
      seed: Number(values.seed),
      commands: Math.ceil(Number(values.commands) / servers.length),
      version,
      from: Number(values.from),
      say: (line) => console.log(`  ${line}`),
    });
    commands += report.ledger.commands;
    failed ||= report.failed;
    show(report, (performance.now() - started) / 1000);
  }
  console.log(`${commands} commands in all: ${failed ? "FAILED" : "everybody was told the truth"}`);
  process.exit(failed ? 1 : 0);
}

if (values.runtime && !runtime().startsWith(values.runtime)) elsewhere(values.runtime);
else await main();
