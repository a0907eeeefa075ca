/**
 * Commands that hold their connection until something happens.
 *
 * They take an element away on the server, so giving up on one must not lose it. When the caller gives up, the server is
 * asked to let go (CLIENT UNBLOCK): either it had nothing, then the caller's reason rejects the call; or an element was on
 * its way, then the caller gets it after all.
 *
 * @module
 */
import { ConnectionError, ReplyError, TimeoutError } from "../errors.ts";
import { isBlocking, waitingTime } from "../command/blocking.ts";
import { type Arg, CommandSpec, type Shape } from "../command/spec.ts";
import { tooLate } from "../connection/fate.ts";
import type { Line } from "../connection/line.ts";
import { detailed, overdue, worded } from "../connection/notice.ts";
import { Pending, type SendOptions } from "../connection/pending.ts";
import { isFromReplica } from "../connection/retries.ts";
import { limited, settledWithin } from "../connection/wait.ts";
import type { Core } from "./core.ts";
import type { Blocking } from "./kit.ts";
import { onOverdue } from "./overdue.ts";
import { ENOUGH } from "./passing.ts";
import { patience, type Wait } from "./patience.ts";

const CLIENT_UNBLOCK = new CommandSpec("CLIENT UNBLOCK");

/** How long it may take to let go, in milliseconds. */
const LETTING_GO = 2000;

/** The feature as a kit names it. */
export const blocking: Blocking = { isBlocking, send: sendBlocking, hold };

/** Sends it over a connection of its own. */
export async function sendBlocking<T>(
  core: Core,
  spec: CommandSpec,
  args: readonly Arg[],
  shape: Shape | undefined,
  options: SendOptions,
): Promise<T> {
  const wait: Wait = { command: spec.name, report: () => core.report() };
  const [line, left] = await patience(options, wait, (signal) => {
    // While close() waits for what blocks, no more of that begins.
    return core.closed ? Promise.reject(tooLate()) : core.pool.acquire(signal);
  });
  try {
    const [, rest] = await patience(left, wait, () => line.opened());
    return await hold(core, line, spec, args, shape, rest);
  } finally {
    core.pool.release(line);
  }
}

async function hold<T>(
  core: Core,
  line: Line,
  spec: CommandSpec,
  args: readonly Arg[],
  shape: Shape | undefined,
  options: SendOptions,
): Promise<T> {
  const { signal, timeout, limit = timeout } = options;
  if (signal?.aborted) throw signal.reason;
  // First: what is thrown here is for the caller, before anything waits.
  const waits = waitingTime(spec, args);
  let pending!: Pending;
  const reply = new Promise<T>((resolve, reject) => {
    pending = new Pending(spec, args, shape, options.mode, resolve as (value: never) => void, reject);
    // As with every other command of a session's transaction.
    if (line.binding.inTransaction) pending.tryOnce();
    line.send(pending);
  });
  // Before anybody else gets the line: whatever comes next on a connection that is about to be closed would be lost.
  reply.catch((error) => error instanceof ReplyError && isFromReplica(error) && line.refused(error));
  let giveUp!: (reason: unknown) => void;
  const givenUp = new Promise<never>((_, reject) => giveUp = reject);
  givenUp.catch(() => {});
  const end = limited(options, () => giveUp(outOfTime(line, pending, limit!)), giveUp);
  const isDue = (): boolean => pending.mayHaveRun && line.oldest === pending;
  const unwatched = onOverdue(line, isDue, waits, () => giveUp(new Overdue()));
  try {
    return await Promise.race([reply, givenUp]);
  } catch (error) {
    if (!(await settledWithin(givenUp, 0))) throw error;
    if (withdrawn(line, pending, error)) throw error;
    return await letGo(core, line, pending, reply, error);
  } finally {
    end();
    unwatched();
  }
}

/** The server has not answered though the time it was given is over. */
class Overdue {}

/**
 * Sees to it that it is not sent from now on, as nobody would get what it takes, and the line may be somebody else's.
 * True if the server has nothing of it either: it never left, or was refused for now.
 */
function withdrawn(line: Line, pending: Pending, reason: unknown): boolean {
  pending.released = true;
  if (!line.withdraw(pending) && pending.mayHaveRun) return false;
  pending.reject(reason);
  return true;
}

function outOfTime(line: Line, { name, mayHaveRun: sent, fate }: Pending, after: number): TimeoutError {
  const words = overdue("no reply", after, sent ? "the server let go, nothing was taken" : fate, name);
  return detailed(new TimeoutError(words, { waitingFor: "reply", after, sent }), () => line.report(), name);
}

/**
 * Asks the server to let go, and gives what was on its way if there was something. A connection of which it is not known
 * that both are answered, the command and the question, is given up: the server could let go of what the next caller
 * waits for on it.
 */
async function letGo<T>(core: Core, line: Line, pending: Pending, reply: Promise<T>, reason: unknown): Promise<T> {
  const { resolve } = pending;
  // Whoever observes it is to hear why it was given up, and not that there was an answer.
  if (!(reason instanceof Overdue || reason === ENOUGH)) {
    pending.resolve = (value) => value === null ? pending.reject(reason) : resolve(value);
  }
  let told = true;
  let came = false;
  // Again if it had nothing to let go of: the question takes another way than the command, and may be there before it.
  for (let pause = 10; told && !came && pause < LETTING_GO; pause *= 2) {
    // Where the connection is gone already there is nobody to ask, and no answer to wait for.
    const asked = line.state === "ready" && !(reason instanceof Overdue);
    const freed = asked ? await unblock(core, line) : undefined;
    told = freed !== undefined;
    if (freed === 1) pause = LETTING_GO;
    came = await settledWithin(reply, told ? pause : 0);
  }
  const { name } = pending;
  const words = worded("the server did not answer in time", "it may have run", name);
  const cause = reason instanceof Overdue ? undefined : reason;
  const error = detailed(new ConnectionError(words, { sent: true, cause }), () => line.report(), name);
  reply.catch(() => {});
  // In a process that was busy for so long, timers come before what its sockets hold: nobody was asked, nor has given up.
  const answered = came && (told || reason instanceof Overdue);
  if (!answered) line.drop(error);
  if (!came) {
    // Whoever observes it hears of its end: it may have waited for another connection, and nobody else settles it.
    pending.reject(error);
    throw error;
  }
  const value = await reply;
  if (value === null && !(reason instanceof Overdue)) throw reason;
  return value;
}

/**
 * Says 1 if the server has let go, 0 if there was nothing to let go of, `undefined` if it has not answered. A line that is
 * not ready is not waited for: another server might be there next. The least busy one of a pool may not even have been
 * opened; the first one has.
 */
function unblock(core: Core, line: Line): Promise<number | undefined> {
  const { clientId } = line;
  const shared = [core.pool.share(), core.pool.first()].find(({ state }) => state === "ready");
  if (clientId === undefined || shared === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const pending = new Pending(CLIENT_UNBLOCK, [clientId], undefined, 0, resolve, () => resolve(undefined));
    pending.watch({ mode: 0, timeout: LETTING_GO });
    shared.send(pending);
  });
}
