/**
 * Plays a scenario on a server, under one protocol.
 *
 * @module
 */
import { connect, type Session } from "../../mod.ts";
import { ReplyError } from "../../src/errors.ts";
import {
  type Arg,
  BLOCKING,
  BLOCKING_OPTION,
  type CommandSpec,
  READONLY,
  SESSION,
  type Shape,
  WRITE,
} from "../../src/command/spec.ts";
import { SessionCommands } from "../../src/generated/commands.ts";
import { type Mode, shown } from "./described.ts";
import type { Invocation, Redis, Scenario } from "./invocations/invocation.ts";

/** What came of one call. */
export interface Played {
  /** The command that it sent last. */
  command: string;
  /** What it gave… */
  value?: unknown;
  /** …or what the server said instead. */
  error?: string;
}

/** How long to wait for what happens on another connection, in milliseconds. */
const PATIENCE = 60_000;

/** Sends through another surface, and remembers which command came last. */
class Recorder extends SessionCommands<string, number> {
  last = "";
  readonly #target: Session;
  readonly #through: Manner["through"];

  constructor(target: Session, through: Manner["through"]) {
    super();
    this.#target = target;
    this.#through = through;
  }

  override send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
    this.last = spec.name;
    const data = (spec.flags & (READONLY | WRITE)) !== 0;
    const alone = (spec.flags & (BLOCKING | BLOCKING_OPTION | SESSION)) !== 0;
    if (this.#through !== undefined && data && !alone) return this.#batch(this.#through, spec, args, shape);
    return this.#target.send(spec, args, shape);
  }

  async #batch<T>(through: "pipeline" | "transaction", spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
    try {
      const build = (batch: Pick<Redis, "send">): Promise<T>[] => [batch.send<T>(spec, args, shape)];
      const [value] = through === "pipeline"
        ? await this.#target.pipeline(build)
        : await this.#target.transaction(build);
      return value as T;
    } catch (error) {
      throw new ReplyError((error as Error).message);
    }
  }
}

/** Under which protocol to play, what strings and integers are to become, and how commands that touch data are sent. */
export interface Manner {
  readonly protocol: 2 | 3;
  readonly mode?: Mode;
  readonly through?: "pipeline" | "transaction";
}

/** Plays a scenario from an empty database; `undefined` stands for what was not waited for. */
export async function play(url: string, manner: Manner, scenario: Scenario): Promise<(Played | undefined)[]> {
  const { protocol, mode = "plain" } = manner;
  const redis = await connect(url, { protocol });
  const others: { destroy(): void }[] = [];
  try {
    const session = await (mode === "plain" ? redis : redis[mode]).session();
    // The tables are written for plain values; what they get of others they only hand on.
    const recorder = new Recorder(session as unknown as Session, manner.through);
    const played: (Played | undefined)[] = [];
    for (const invocation of scenario) {
      if (invocation.aside) {
        const other = await connect(url, { protocol });
        others.push(other);
        const elsewhere = await other.session();
        invocation.run(elsewhere).catch(() => {});
        played.push(undefined);
      } else played.push(await perform(recorder, invocation));
    }
    return played;
  } finally {
    for (const other of others) other.destroy();
    redis.destroy();
  }
}

async function perform(recorder: Recorder, invocation: Invocation): Promise<Played> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const played = await once(recorder, invocation);
    const holds = played.error === undefined ? invocation.until?.(played.value) ?? true : !invocation.until;
    if (holds || isUnknown(played.error ?? "")) return played;
    if (Date.now() > deadline) throw new Error(`${played.command} still gives ${played.error ?? shown(played.value)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function once(recorder: Recorder, invocation: Invocation): Promise<Played> {
  try {
    const value = await invocation.run(recorder);
    return { command: recorder.last, value };
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    return { command: recorder.last, error: error.message };
  }
}

/** Whether an error only says that this server does not know the command or the option. */
export function isUnknown(message: string): boolean {
  return /unknown (sub)?command|unknown option|syntax error|wrong number of arguments|unrecognized/i.test(message);
}
