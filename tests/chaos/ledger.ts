/**
 * Who was told what, and whether it is true: each command that changes something has a number of its own, by which its
 * traces on the server are found.
 *
 * @module
 */
import { ConnectionError, ProtocolError, ReplyError, TimeoutError, TransactionError } from "../../mod.ts";

/** What a caller knows of a command: it ran, it did not, or nobody can tell. */
export type Fate = "ran" | "not" | "maybe";

/** A caller's own reason to give up. */
export class Enough extends Error {
  /** Nothing had left yet when it was given. */
  readonly early: boolean;

  constructor(early: boolean) {
    super("enough");
    this.early = early;
  }
}

/** What the error says of the command's fate; `undefined` for an error that should not have come. */
export function fateOf(error: unknown): Fate | undefined {
  if (error instanceof Enough) return error.early ? "not" : "maybe";
  if (error instanceof ConnectionError || error instanceof TimeoutError) {
    // No fault of ours changes a byte: what is not RESP, or is one reply too many, is the client's mistake.
    if (error.cause instanceof ProtocolError) return undefined;
    return error.sent ? "maybe" : "not";
  }
  if (error instanceof ReplyError || error instanceof TransactionError) return "not";
  return undefined;
}

/** What must never happen. */
export type Crime = "hang" | "mispairing" | "lost" | "twice" | "untrue" | "surprise";

/** Counts what was said, and finds what is not true. */
export class Ledger {
  /** What each numbered command's caller knows. */
  readonly fates = new Map<number, Fate>();
  /** Calls under way. */
  readonly open = new Set<string>();
  /** Commands by fate. */
  readonly counts: Record<Fate, number> = { ran: 0, not: 0, maybe: 0 };
  /** What went wrong, with the number of each. */
  readonly crimes: Record<Crime, number> = { hang: 0, mispairing: 0, lost: 0, twice: 0, untrue: 0, surprise: 0 };
  /** The first of them, in words. */
  readonly evidence: string[] = [];
  commands = 0;
  /** Calls that have come back. */
  settled = 0;
  /** By what was called: how often it gave what it is for, and how often an error. */
  readonly calls = new Map<string, [fulfilled: number, rejected: number]>();
  #last = 0;

  /** A number that no other command has. Odd, so that twice a number is nobody's. */
  number(): number {
    return this.#last += 2;
  }

  constructor(first = 1) {
    this.#last = first;
  }

  /** Counts a call. */
  count(name: string, fulfilled: boolean): void {
    let counts = this.calls.get(name);
    if (counts === undefined) this.calls.set(name, counts = [0, 0]);
    counts[fulfilled ? 0 : 1]++;
  }

  /** Writes down a crime. */
  accuse(crime: Crime, what: string): void {
    this.crimes[crime]++;
    if (this.evidence.length < 20) this.evidence.push(`${crime}: ${what}`);
  }

  /** Writes down what became of a numbered command. */
  settle(number: number, fate: Fate): void {
    this.fates.set(number, fate);
    this.counts[fate]++;
  }

  /**
   * Makes a call of so many commands and waits for it. Gives its reply, or the error that it may rightly have ended with.
   */
  async call<T>(
    name: string,
    commands: number,
    make: () => Promise<T>,
  ): Promise<{ reply: T } | { error: unknown; fate: Fate }> {
    const id = `${name} ${this.commands += commands}`;
    this.open.add(id);
    try {
      const reply = await make();
      this.count(name, true);
      return { reply };
    } catch (error) {
      this.count(name, false);
      return { error, fate: this.judge(name, error) };
    } finally {
      this.open.delete(id);
      this.settled++;
    }
  }

  /** The fate that an error tells. */
  judge(name: string, error: unknown): Fate {
    const fate = fateOf(error);
    if (fate === undefined) this.accuse("surprise", `${name}: ${error instanceof Error ? error.stack : String(error)}`);
    return fate ?? "maybe";
  }

  /** Compares a reply with what it must be. */
  expect(name: string, reply: unknown, wanted: unknown): void {
    if (reply !== wanted) this.accuse("mispairing", `${name}: expected ${show(wanted)}, got ${show(reply)}`);
  }

  /** Calls that have not come back though they had all the time in the world. */
  checkHangs(): void {
    for (const id of this.open) this.accuse("hang", id);
  }

  /** Compares what callers know with how often each number's command has left its trace. */
  checkRuns(name: string, numbers: Iterable<number>, times: (number: number) => number): void {
    for (const number of numbers) {
      const fate = this.fates.get(number);
      const ran = times(number);
      if (ran > 1) this.accuse("twice", `${name} ${number} ran ${ran} times; its caller knows: ${fate}`);
      else if (fate === "ran" && ran === 0) this.accuse("lost", `${name} ${number} was acknowledged`);
      else if (fate === "not" && ran === 1) this.accuse("untrue", `${name} ${number} ran though its error said no`);
    }
  }
}

function show(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
