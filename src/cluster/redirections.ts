/**
 * Commands that are sent on: refused by one node, as another has their slot.
 *
 * @module
 */
import { type Arg, CommandSpec, SESSION } from "../command/spec.ts";
import { toldInQueue } from "../connection/fate.ts";
import type { Line } from "../connection/line.ts";
import { Pending } from "../connection/pending.ts";
import type { Traffic } from "../connection/traffic.ts";
import { type ReplyError, TimeoutError } from "../errors.ts";
import type { Node } from "./node.ts";
import type { Pauses } from "./pauses.ts";
import type { Redirection } from "./topology.ts";

const ASKING = new CommandSpec("ASKING", SESSION);

/** How often a command follows where it is sent. Nodes that disagree would send it to and fro. */
export const MOST_REDIRECTIONS = 16;
/** From which time on it waits a little first. */
export const HASTY = 5;

/** Tells a node that the command which follows is to be taken, as its slot is about to be there. */
export function ask(line: Line): void {
  line.putAgain(new Pending(ASKING, [], undefined, 0, () => {}, () => {}));
}

/** Who knows where things are. */
export interface Guide {
  /** Nothing is sent any more. */
  readonly closed: boolean;
  /** Where a refusal sends to, if it is one that does. */
  redirection(error: ReplyError, line: Line): Redirection | undefined;
  /** Finds out anew where things are, in a little while. */
  learnSoon(): void;
  /** The node that it sends to. */
  follow(redirection: Redirection): Node;
  /** Who has a slot, as far as that is known. */
  nodeAt(slot: number): Node;
}

/** Sends commands on. */
export class Redirections {
  readonly #guide: Guide;
  readonly #pauses: Pauses;
  readonly #traffic: Traffic;
  /** How often a command was sent on. */
  readonly #times = new WeakMap<Pending, number>();
  /** Where those with these arguments went in the end. */
  readonly #goals = new WeakMap<readonly Arg[], Node>();

  constructor(guide: Guide, pauses: Pauses, traffic: Traffic) {
    this.#guide = guide;
    this.#pauses = pauses;
    this.#traffic = traffic;
  }

  /** Takes a command over that was refused because its slot, or its key, is elsewhere. */
  readonly refused = (pending: Pending, error: ReplyError, line: Line): boolean => {
    // Its line tries again; by then another node may have the slot.
    if (error.code === "CLUSTERDOWN") this.#guide.learnSoon();
    if (error.code !== "MOVED" && error.code !== "ASK") return false;
    const times = (this.#times.get(pending) ?? 0) + 1;
    if (pending.released || times > MOST_REDIRECTIONS) return false;
    const redirection = this.#guide.redirection(error, line);
    if (redirection === undefined) return false;
    this.#times.set(pending, times);
    pending.refusals++;
    this.#traffic.retries++;
    const send = (): void => void (pending.released || this.#send(pending, redirection));
    if (times < HASTY || this.#guide.closed) send();
    // Nodes that do not agree with each other may a little later.
    else this.#pauses.later(times - HASTY, send);
    return true;
  };

  /** Where a command was sent on to, if it was: told by its arguments, which are nobody else's. */
  goalOf(args: readonly Arg[]): Node | undefined {
    return this.#goals.get(args);
  }

  #send(pending: Pending, redirection: Redirection): void {
    let goal: Node;
    try {
      goal = this.#guide.follow(redirection);
    } catch (error) {
      return pending.fail(error as Error);
    }
    this.#goals.set(pending.args, goal);
    const line = goal.core.pool.first();
    if (redirection.moved) return line.putAgain(pending);
    if (line.state === "ready") return this.#putAsking(line, pending, redirection);
    const go = (): void => void (pending.released || this.#putAsking(line, pending, redirection));
    line.opened().then(go, (error) => {
      if (!(error instanceof TimeoutError)) go();
      // As long as anything may wait for a connection.
      else if (!pending.released) pending.fail(toldInQueue(error, pending, line.report()));
    });
  }

  #putAsking(line: Line, pending: Pending, { slot }: Redirection): void {
    // For the one command that follows, and nothing comes between the two.
    if (line.state === "ready") ask(line);
    // Its node has left meanwhile.
    const isLeft = line.state === "closed" && !this.#guide.closed;
    (isLeft ? this.#guide.nodeAt(slot).core.pool.first() : line).putAgain(pending);
  }
}
