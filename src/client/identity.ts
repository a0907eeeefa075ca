/**
 * Who a client is to its server, and how that changes while it is connected.
 *
 * @module
 */
import { ConnectionError, RedisError, TimeoutError } from "../errors.ts";
import { type Arg, CommandSpec } from "../command/spec.ts";
import { closedMeanwhile, tooLate } from "../connection/fate.ts";
import { type Credentials, remembering } from "../connection/handshake.ts";
import type { Line } from "../connection/line.ts";
import { overdue } from "../connection/notice.ts";
import { Pending } from "../connection/pending.ts";
import { settledWithin, unlessAborted } from "../connection/wait.ts";
import type { Lines } from "./lines.ts";

const AUTH = new CommandSpec("AUTH");

/** What the options say of it. */
export interface IdentityOptions {
  /** The ACL user. */
  readonly username?: string | undefined;
  /** The password. */
  readonly password?: string | undefined;
  /** Gives both. */
  readonly credentials?: (() => Credentials | Promise<Credentials>) | undefined;
  /** Milliseconds for one attempt to connect. */
  readonly connectTimeout?: number | undefined;
}

/** The credentials of a client, shared by all its connections and those of whatever belongs to it. */
export class Identity {
  /** The pools whose connections have this identity, and what ends with each. */
  readonly #pools = new Map<Lines, AbortController>();
  /** Milliseconds that credentials may take; 0 for any time. */
  readonly #patience: number;
  /** Who wants to know when it may have become another. */
  readonly renewed: Set<() => void> = new Set();
  #source: Credentials | ((reset: boolean) => Promise<Credentials>) | undefined;

  /** Takes what the options say. */
  constructor({ username, password, credentials, connectTimeout = 10_000 }: IdentityOptions) {
    this.#patience = connectTimeout;
    if (credentials !== undefined) this.#source = remembering(async () => checked(await given(credentials)));
    else if (password !== undefined) this.#source = { username, password };
  }

  /** The credentials to use now, or to reset a connection with; `undefined` if there are none. */
  readonly ask = async (reset = false): Promise<Credentials | undefined> => {
    const source = this.#source;
    return typeof source === "function" ? await source(reset) : source;
  };

  /** The connections of this pool have this identity until it leaves. */
  enter(pool: Lines): void {
    this.#pools.set(pool, new AbortController());
  }

  /** See {@link Identity.enter}. */
  leave(pool: Lines): void {
    this.#pools.get(pool)?.abort(closedMeanwhile());
    this.#pools.delete(pool);
  }

  /**
   * Authenticates every open connection anew: with what `ask` gives, or with these from now on. That is waited for as long
   * as by an attempt to connect, and not beyond the end of the pool whose client wants it.
   */
  async renew(pool: Lines, credentials?: Credentials): Promise<void> {
    const end = this.#pools.get(pool);
    if (end === undefined) throw tooLate();
    if (credentials !== undefined) this.#source = checked(credentials);
    const asking = unlessAborted(end.signal, this.ask());
    if (this.#patience > 0 && !(await settledWithin(asking, this.#patience))) {
      const words = overdue("The option credentials gave none", this.#patience);
      throw new TimeoutError(words, { waitingFor: "connect", after: this.#patience });
    }
    const now = await asking;
    if (now === undefined) throw new TypeError("There are no credentials to authenticate with: the client has none");
    const lines = [...this.#pools.keys()].flatMap((pool) => pool.lines);
    const outcomes = await Promise.allSettled(lines.map((line) => authenticate(line, now)));
    for (const tell of this.renewed) tell();
    const refusals = outcomes.flatMap((one) => one.status === "rejected" ? [one.reason as Error] : []);
    if (refusals.length === 0) return;
    const count = `${refusals.length} of ${lines.length} connections could not be authenticated anew`;
    throw new ConnectionError(`${count}: ${refusals[0]!.message}`, { sent: true, cause: refusals[0] });
  }
}

/** What it throws is not ours, though it may be of a class that says how it was with a command, or with our options. */
async function given(credentials: () => Credentials | Promise<Credentials>): Promise<Credentials> {
  try {
    return await credentials();
  } catch (error) {
    const isOfOurs = error instanceof TypeError || error instanceof RangeError || error instanceof RedisError;
    throw isOfOurs ? new Error(`The option credentials failed: ${error.message}`, { cause: error }) : error;
  }
}

/** The credentials function is the caller's: what it gives may be anything. */
function checked(credentials: Credentials): Credentials {
  const { username, password } = credentials ?? {};
  if (typeof password !== "string" || password === "") {
    throw new TypeError("The credentials hold no password: expected { username?, password }, both strings");
  }
  if (username !== undefined && (typeof username !== "string" || username === "")) {
    throw new TypeError("The credentials' username must be a string that is not empty");
  }
  return credentials;
}

/** One connection. Rejects with what the server says against it. */
async function authenticate(line: Line, { username, password }: Credentials): Promise<void> {
  // One that is being opened has perhaps said the old ones already.
  if (line.state === "connecting" || line.state === "reconnecting") await line.opened().catch(() => {});
  // Among the lines of MONITOR the answer would be one that cannot be understood.
  if (line.state !== "ready" || line.binding.inTransaction || line.oldest?.endless) return;
  // Behind a command that blocks the answer may take any time: it is not waited for.
  const waits = !line.mayBlock;
  const args: Arg[] = username === undefined ? [password] : [username, password];
  const said = new Promise<void>((resolve, reject) => {
    line.send(new Pending(AUTH, args, undefined, 0, () => resolve(), reject));
  });
  // A connection that is lost meanwhile, is made again with the new ones.
  const answered = said.catch((error) => {
    if (!(error instanceof ConnectionError)) throw error;
  });
  answered.catch(() => {});
  if (waits) await answered;
}
