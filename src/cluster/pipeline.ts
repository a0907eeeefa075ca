/**
 * Explicit pipelines over several nodes: each node gets its commands in one go, and the replies come back in the order in
 * which the commands were queued.
 *
 * @module
 */
import { type Arg, BLOCKING, type CommandSpec, PUBSUB, SESSION, type Shape } from "../command/spec.ts";
import { ConnectionError, ReplyError } from "../errors.ts";
import type { SendOptions } from "../connection/pending.ts";
import type { Reply } from "../resp/reply.ts";
import { noList, Queued, type Replies, type RepliesOrErrors } from "../client/batch.ts";
import { checkKnown } from "../client/known.ts";
import type { BasePipeline, PipelineOptions } from "../client/pipeline.ts";
import type { ClusterCore, Resend } from "./kit.ts";
import type { Node } from "./node.ts";
import { joined, nodesFor, split, whyOne } from "./plan.ts";
import { slotFor } from "./slots.ts";

const KNOWN = ["errors", "replies"];

/** Refusals of a cluster that is being changed: nothing ran. */
const CHANGING = new Set(["MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"]);

/** Of scripts and functions only what no script can say is believed. */
const SCRIPTS = /^(?:EVAL|EVALSHA|FCALL)(?:_RO)?$/;

/** What one node gets. */
interface Share {
  readonly pipeline: BasePipeline;
  replies: readonly unknown[];
}

/** A command, or a part of one, as one node gets it. */
interface Piece {
  readonly share: Share;
  /** Its place among the replies of that node. */
  readonly at: number;
  readonly spec: CommandSpec;
  readonly args: Arg[];
  readonly shape: Shape | undefined;
  /** It was called by its name. */
  readonly loose: boolean;
  /** It is for this very node, and no other can answer instead. */
  readonly fixed: boolean;
}

/** A command that has several parts. */
interface Several {
  readonly pieces: readonly Piece[];
  readonly join: (replies: readonly unknown[]) => unknown;
}

/** What is queued until it is sent. */
class Batch {
  readonly shares = new Map<Node, Share>();
  readonly entries: (Piece | Several)[] = [];
}

/** What has come of a run so far. */
class Run {
  readonly replies: unknown[] = [];
  count = 0;
  firstError: Error | undefined;
  /** Whose error that is. */
  failedAt = Infinity;
}

/** Collects commands for the nodes of a cluster. See `BasePipeline`, whose place it takes. */
export abstract class BaseClusterPipeline {
  readonly #core: ClusterCore;
  readonly #options: SendOptions;
  readonly #again: Resend;
  readonly #errors: PipelineOptions["errors"];
  readonly #keep: boolean;
  #batch = new Batch();
  #run = new Run();
  #sending: Promise<void> = Promise.resolve();
  #queued = 0;

  /** @internal Made by a cluster's client. */
  constructor(core: ClusterCore, options: SendOptions, settings: PipelineOptions = {}, again: Resend) {
    checkKnown(settings, KNOWN);
    this.#core = core;
    this.#options = options;
    this.#again = again;
    this.#errors = settings.errors;
    this.#keep = settings.replies ?? true;
  }

  /** How many commands it holds. */
  get length(): number {
    return this.#queued;
  }

  /** So much is queued that the caller had better `await` {@link BaseClusterPipeline.drain} before queueing more. */
  get full(): boolean {
    for (const { pipeline } of this.#batch.shares.values()) if (pipeline.full) return true;
    return false;
  }

  /** Queues a command. What it returns stands for the reply and cannot be awaited. */
  send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
    return this.#queue(spec, args, shape, false);
  }

  /** Queues any command by its name. Of one that is not known here, the first argument is taken for its key. */
  call(name: string, ...args: Arg[]): Promise<Reply> {
    const [spec, words] = this.#core.known.described(name, args);
    return this.#queue(spec, words, undefined, true);
  }

  #queue<T>(spec: CommandSpec, args: Arg[], shape: Shape | undefined, loose: boolean): Promise<T> {
    this.#batch.entries.push(this.#entry(spec, args, shape, loose));
    return new Queued(this, this.#queued++) as unknown as Promise<T>;
  }

  #entry(spec: CommandSpec, args: Arg[], shape: Shape | undefined, loose: boolean): Piece | Several {
    const { shards } = this.#core;
    if (spec.route !== "" && (spec.flags & (SESSION | PUBSUB | BLOCKING)) === 0) {
      const why = whyOne(spec);
      if (why !== undefined) throw new TypeError(why);
      const kind = nodesFor(spec);
      if (kind !== undefined) {
        const nodes = kind === "shards" ? shards.all.map(({ node }) => node) : shards.nodes();
        const pieces = nodes.map((node) => this.#piece(node, spec, args, shape, loose, true));
        return { pieces, join: (replies) => joined(spec, replies) };
      }
      const several = split(spec, args);
      if (several !== undefined) {
        const pieces = several.parts.map((part) =>
          this.#piece(shards.nodeAt(part.slot), spec, part.args, shape, loose)
        );
        return { pieces, join: several.join };
      }
    }
    return this.#piece(shards.nodeAt(slotFor(spec, args)), spec, args, shape, loose);
  }

  #piece(
    node: Node,
    spec: CommandSpec,
    args: Arg[],
    shape: Shape | undefined,
    loose: boolean,
    fixed = false,
  ): Piece {
    const { shares } = this.#batch;
    let share = shares.get(node);
    if (share === undefined) {
      const pipeline = node.surface(this.#options).pipeline({ errors: "return" }) as BasePipeline;
      shares.set(node, share = { pipeline, replies: [] });
    }
    const at = share.pipeline.length;
    if (loose) share.pipeline.call(spec.name, ...args);
    else share.pipeline.send(spec, args, shape);
    return { share, at, spec, args, shape, loose, fixed };
  }

  /** @internal Each node has to be told the source of a script: it goes along with each call. */
  introduce(_script: object): boolean {
    return true;
  }

  /** @internal See {@link BaseClusterPipeline.introduce}. */
  retract(_script: object): void {}

  /**
   * Sends what is queued so far and waits for its replies, so that a pipeline of any length needs a bounded amount of
   * memory.
   *
   * @throws {Error} what {@link BaseClusterPipeline.exec} will, once a connection was lost; not if the pipeline was opened
   * with `errors: "return"` and keeps its replies.
   */
  drain(): Promise<void> {
    const run = this.#run;
    const drained = this.#flush().then(() => {
      const { firstError } = run;
      if (firstError !== undefined && !(firstError instanceof ReplyError)) this.#tell(run, this.#errors);
    });
    // Whoever does not wait for it hears of the same from `exec`.
    drained.catch(() => {});
    return drained;
  }

  /**
   * Sends what is queued and waits for all replies.
   *
   * @returns The replies in the order of the commands; an empty list if the pipeline does not keep them.
   * @throws {ReplyError} the first error reply, after all replies have come, unless `errors` is `"return"`.
   * @throws {ConnectionError} if a connection broke: commands from its first unanswered one on may have run.
   * @throws {TimeoutError} if the client's limit of time is over.
   */
  async exec(options: Pick<PipelineOptions, "errors"> = {}): Promise<unknown[]> {
    checkKnown(options, ["errors"]);
    const { errors = this.#errors } = options;
    const run = this.#run;
    const sent = this.#flush();
    // How this run ends is nothing to the next one.
    this.#sending = sent.catch(() => {});
    this.#run = new Run();
    this.#queued = 0;
    await sent;
    this.#tell(run, errors);
    return run.replies;
  }

  #tell({ firstError }: Run, errors: PipelineOptions["errors"]): void {
    if (firstError !== undefined && !(this.#keep && errors === "return")) throw firstError;
  }

  /** Hands what is queued to the nodes. Resolves once all of it, and what was sent before, is answered. */
  #flush(): Promise<void> {
    const { shares, entries } = this.#batch;
    if (entries.length === 0) return this.#sending;
    this.#batch = new Batch();
    const answered = Promise.allSettled(Array.from(shares.values(), async (share) => {
      share.replies = await share.pipeline.exec();
    }));
    const before = this.#sending;
    const run = this.#run;
    const work = async (): Promise<void> => {
      const outcomes = await answered;
      await before;
      // Out of time, or given up.
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
      await this.#collect(entries, run);
    };
    const sending = this.#sending = work();
    sending.catch(() => {});
    return sending;
  }

  /** Takes the replies of the nodes, and what they have refused as it is elsewhere from there: all of it at once. */
  async #collect(entries: readonly (Piece | Several)[], run: Run): Promise<void> {
    const late: Promise<void>[] = [];
    for (const entry of entries) {
      const place = run.count++;
      const replies = "pieces" in entry ? entry.pieces.map((piece) => this.#replyTo(piece)) : this.#replyTo(entry);
      const isLate = Array.isArray(replies) && "pieces" in entry
        ? replies.some((reply) => reply instanceof Promise)
        : replies instanceof Promise;
      const taken = (value: unknown): void => this.#take(run, place, value);
      if (isLate) {
        const all = "pieces" in entry ? Promise.all(replies as unknown[]) : replies;
        late.push(Promise.resolve(all).then((value) => taken(valueOf(entry, value)), taken));
      } else taken(valueOf(entry, replies));
    }
    await Promise.all(late);
  }

  #take(run: Run, place: number, value: unknown): void {
    if (value instanceof Error && place < run.failedAt) {
      run.firstError = value;
      run.failedAt = place;
    }
    if (this.#keep) run.replies[place] = value;
  }

  /** Its reply, or a promise of one if another node has to be asked. */
  #replyTo({ share, at, spec, args, shape, loose, fixed }: Piece): unknown {
    const reply = share.replies[at];
    const isOver = fixed || !(reply instanceof Error) || !isElsewhere(spec, reply) || this.#core.shards.closed;
    return isOver ? reply : this.#again(spec, args, shape, loose).catch((error) => error);
  }

  /** @internal Queues what the builder does, runs it, and gives the replies of the commands that it listed. */
  async run<const C extends readonly unknown[]>(
    build: (pipeline: this) => C | Iterator<unknown, C | void>,
  ): Promise<Replies<C> | RepliesOrErrors<C>> {
    const built = build(this);
    const list = Array.isArray(built) ? built as unknown as C : await this.#pull(built as Iterator<unknown, C | void>);
    if (list !== undefined && !Array.isArray(list)) throw noList("pipeline", list, BY_HAND);
    const places = (list as readonly unknown[] | undefined)?.map((item, i) => {
      if (item instanceof Queued && item.batch === this) return item.index;
      throw new TypeError(`The builder's list holds something at ${i} that is not a command of this batch`);
    });
    const replies = await this.exec();
    return (places === undefined || !this.#keep ? replies : places.map((place) => replies[place])) as Replies<C>;
  }

  /** Runs a generator as far as there is room; not after a loss. */
  async #pull<C>(source: Iterator<unknown, C | void>): Promise<C | undefined> {
    if (typeof source?.next !== "function" || Symbol.asyncIterator in source) throw noList("pipeline", source, BY_HAND);
    for (;;) {
      const { done, value } = source.next();
      if (done) return value as C | undefined;
      if (!this.full) continue;
      await this.#flush();
      const { firstError } = this.#run;
      if (firstError !== undefined && !(firstError instanceof ReplyError)) return void source.return?.();
    }
  }
}

/** What does for a source that is asynchronous. */
const BY_HAND = ", or a generator; what comes in time is queued by hand: cluster.pipeline(), drain() and exec()";

/** The value of a command of which all parts are answered: the first error of them is its own. */
function valueOf(entry: Piece | Several, replies: unknown): unknown {
  if (!("pieces" in entry)) return replies;
  const all = replies as readonly unknown[];
  return all.find((reply) => reply instanceof Error) ?? entry.join(all);
}

/** Whether it has not run, and may where the cluster says now. */
function isElsewhere({ name }: CommandSpec, error: Error): boolean {
  // Closed, it was only the node's: that has left the cluster.
  if (error instanceof ConnectionError) return !error.sent;
  if (!(error instanceof ReplyError) || !CHANGING.has(error.code)) return false;
  return !SCRIPTS.test(name) || /^(?:MOVED|ASK) \d+ \S*:\d+$/.test(error.message);
}
