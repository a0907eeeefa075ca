/**
 * One attempt at a connection that is ready for commands: a socket, a handshake, and one time limit over both.
 *
 * @module
 */
import { ConnectionError, TimeoutError } from "../errors.ts";
import type { Arg, CommandSpec } from "../command/spec.ts";
import type { Reply } from "../resp/reply.ts";
import type { Connect } from "../transport/transport.ts";
import type { Connection } from "./connection.ts";
import { type Exchange, type Greeting, handshake, type HandshakeOptions } from "./handshake.ts";
import { detailed, overdue } from "./notice.ts";
import { Pending } from "./pending.ts";
import type { Proof } from "./proof.ts";
import { SECOND_LOOK } from "./silence.ts";
import { describe, explain, type Reasons } from "./trouble.ts";
import { unlessAborted } from "./wait.ts";

/** What an attempt needs to know. */
export interface AttemptOptions extends HandshakeOptions {
  /** How to open a socket. */
  readonly connect: Connect;
  /** Milliseconds for the whole attempt; 0 waits for ever. */
  readonly connectTimeout: number;
  /** Prove after each write that replies are still paired with their commands. */
  readonly integrity?: ((say: Exchange) => Promise<Proof>) | undefined;
  /** What an error of the runtime means, if that is known. */
  readonly reasons?: Reasons | undefined;
  /** Nothing but subscriptions: messages come as ordinary replies (RESP2). */
  readonly pubsub?: boolean | undefined;
}

/** One attempt. It ends by success, by failure, out of time, or by {@link Attempt.abort}. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #giveUp = new AbortController();

  /** Prepares one. Its address is its own: by that, whoever finds the server out each time knows several at once apart. */
  constructor(options: AttemptOptions) {
    this.#options = { ...options, address: { ...options.address } };
  }

  /** Gives it up, for this reason. */
  abort(reason: Error): void {
    this.#giveUp.abort(reason);
  }

  /** Opens a socket for the connection and greets the server. */
  open(connection: Connection): Promise<Greeting> {
    const { signal } = this.#giveUp;
    return this.#limited(connection, async () => {
      connection.attach(await this.#options.connect(this.#options.address, connection, signal));
      return await this.#greet(connection, false);
    });
  }

  /** Makes an open connection, whose state was changed, as it was after its first handshake. */
  restore(connection: Connection): Promise<Greeting> {
    return this.#limited(connection, () => this.#greet(connection, true));
  }

  async #greet(connection: Connection, reset: boolean): Promise<Greeting> {
    const { signal } = this.#giveUp;
    signal.throwIfAborted();
    signal.addEventListener("abort", () => connection.fail(asConnectionError(signal.reason)));
    const say = (spec: CommandSpec, args: Arg[]): Promise<Reply> => exchange(connection, spec, args);
    const greeting = await handshake(say, this.#options, reset);
    const { integrity, pubsub } = this.#options;
    if (integrity !== undefined && !pubsub) connection.prove(await integrity(say));
    signal.throwIfAborted();
    return greeting;
  }

  async #limited(connection: Connection, work: () => Promise<Greeting>): Promise<Greeting> {
    const { connectTimeout, address, reasons } = this.#options;
    const { signal } = this.#giveUp;
    const late = (): void => {
      const hint = address.tls && !connection.attached ? "is TLS spoken there?" : undefined;
      const words = overdue(`No connection to ${describe(address)}`, connectTimeout, hint);
      const error = new TimeoutError(words, { waitingFor: "connect", after: connectTimeout });
      this.abort(detailed(error, () => connection.report()));
    };
    // In a process that was busy for so long, timers come before what its sockets hold.
    const doubt = (): void => void (timer = setTimeout(late, SECOND_LOOK));
    let timer = connectTimeout === 0 ? undefined : setTimeout(doubt, connectTimeout);
    try {
      // Neither a socket nor credentials that never come outlast the limit.
      const greeting = await unlessAborted(signal, work());
      // It may have gone in the same breath in which it was greeted: nobody would hear of it again.
      if (connection.failure) throw connection.failure;
      return greeting;
    } catch (error) {
      // Of a greeting that was cut off, how it was is told, not at which of its commands.
      const cut = error instanceof ConnectionError && error.command !== "" ? connection.failure : undefined;
      const reason = signal.aborted ? signal.reason : explain(cut ?? error, address, reasons);
      connection.fail(asConnectionError(reason));
      throw reason;
    } finally {
      clearTimeout(timer);
    }
  }
}

function asConnectionError(reason: unknown): ConnectionError {
  if (reason instanceof ConnectionError) return reason;
  return new ConnectionError(reason instanceof Error ? reason.message : String(reason), { cause: reason });
}

/** A command of the handshake: its reply, errors as values. */
function exchange(connection: Connection, spec: CommandSpec, args: readonly Arg[]): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const pending = new Pending(spec, args, undefined, 0, resolve as (value: never) => void, (error) => {
      if (error instanceof ConnectionError) reject(error);
      else resolve(error as Reply);
    });
    connection.send(pending);
  });
}
