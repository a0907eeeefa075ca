/**
 * The client of a kit, changed so that its reads are answered from a cache and its writes drop what they change.
 *
 * @module
 */
import { type Arg, type CommandSpec, READONLY, type Shape } from "../command/spec.ts";
import type { Line } from "../connection/line.ts";
import type { SendOptions } from "../connection/pending.ts";
import type { Reply } from "../resp/reply.ts";
import type { Replies, RepliesOrErrors } from "../client/batch.ts";
import type { Core } from "../client/core.ts";
import type { Surfaces, WholeKit } from "../client/kit.ts";
import { checkKnown } from "../client/known.ts";
import type { Guard, PipelineOptions, Runner } from "../client/pipeline.ts";
import type { BaseClient } from "../client/redis.ts";
import type { TransactionOptions } from "../client/transaction.ts";
import { named } from "../client/unusual.ts";
import type { CacheControl } from "./mod.ts";
import type { Shelf, Tracker } from "./tracker.ts";

type ClientClass = new (core: Core, options: SendOptions) => BaseClient<Surfaces>;

/** What the kits of caches were made of. */
const plain = new WeakMap<WholeKit, WholeKit>();

/**
 * The kit with a cache in front of its client. Of a kit that has one already, that one is left out: the server tells each
 * connection only of what was read on it, so a cache must not keep what another one reads.
 */
export function cachingKit(given: WholeKit, tracker: Tracker, control: CacheControl): WholeKit {
  const kit = plain.get(given) ?? given;
  const caching: WholeKit = {
    ...kit,
    client: cachingClient(kit.client as ClientClass, tracker, control),
    pipeline: kit.pipeline && cachingPipeline(kit.pipeline, tracker),
    transaction: kit.transaction && cachingTransaction(kit.transaction, tracker),
  };
  plain.set(caching, kit);
  return caching;
}

function cachingClient(Client: ClientClass, tracker: Tracker, control: CacheControl): ClientClass {
  return class extends Client {
    readonly #shelf: Shelf;
    readonly #signal: AbortSignal | undefined;
    readonly #join: boolean;
    readonly #atOnce: boolean;

    constructor(core: Core, options: SendOptions) {
      super(core, options);
      this.#shelf = tracker.shelf(options.mode);
      this.#signal = options.signal;
      // Whose call can be given up must not be waited for by others.
      this.#join = options.signal === undefined && options.timeout === undefined;
      this.#atOnce = options.atOnce === true;
    }

    get cache(): CacheControl {
      return control;
    }

    override send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
      // Who reads at once wants to know how it is now: a reader of a stream, where it begins.
      const isForNow = this.#atOnce && (spec.flags & READONLY) !== 0;
      if (isForNow || this.#signal?.aborted) return super.send(spec, args, shape);
      return tracker.answer<T>(this.#shelf, spec, args, this.#join) ??
        tracker.send(this.#shelf, spec, args, this.#join, () => super.send<T>(spec, args, shape));
    }

    override call(name: string, ...args: Arg[]): Promise<Reply> {
      return tracker.writing(touchedBy(tracker, name, args), () => super.call(name, ...args));
    }
  };
}

function touchedBy(tracker: Tracker, name: string, args: Arg[]): readonly Arg[] | undefined {
  try {
    return tracker.touched(...named(name, args));
  } catch {
    return []; // a name that will be refused
  }
}

/** Arguments of the writes of one batch that are remembered. */
const MANY = 10_000;

/** What the commands of a batch touch. */
class Touched {
  readonly #tracker: Tracker;
  #args: Arg[] | undefined = [];
  /** The same of what is being run: it may leave in parts, or only after what came before it. */
  readonly #running = new Set<{ readonly args: readonly Arg[] | undefined }>();

  constructor(tracker: Tracker) {
    this.#tracker = tracker;
  }

  /** One more that has been queued: what is refused changes nothing. */
  add(spec: CommandSpec, args: readonly Arg[]): void {
    if ((spec.flags & READONLY) !== 0 || this.#args === undefined) return;
    const touched = this.#tracker.touched(spec, args);
    // Beyond so many, dropping everything costs less than remembering what.
    if (touched === undefined || this.#args.length + args.length > MANY) this.#args = undefined;
    else this.#args.push(...touched);
  }

  /** Drops what they change: some are about to be sent, and all are remembered until they have been answered. */
  drop(): void {
    for (const { args } of this.#running) this.#tracker.drop(args);
    this.#tracker.drop(this.#args);
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    const run = { args: this.#args };
    this.#args = [];
    this.#running.add(run);
    const answered = this.#tracker.writing(run.args, work);
    const over = (): void => void this.#running.delete(run);
    answered.then(over, over);
    return answered;
  }
}

function cachingPipeline(
  Pipeline: NonNullable<WholeKit["pipeline"]>,
  tracker: Tracker,
): NonNullable<WholeKit["pipeline"]> {
  return class extends Pipeline {
    readonly #touched: Touched;

    constructor(runner: Runner, mode: number, options?: PipelineOptions, guard?: Guard) {
      const touched = new Touched(tracker);
      // Asked before each part that is sent, by exec(), drain(), and the builder's way.
      const dropping: Runner = (exclusive, work) =>
        runner(exclusive, (next) =>
          work((last) => {
            touched.drop();
            return next(last);
          }));
      super(dropping, mode, options, guard);
      this.#touched = touched;
    }

    override send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
      const queued = super.send<T>(spec, args, shape);
      this.#touched.add(spec, args);
      return queued;
    }

    override call(name: string, ...args: Arg[]): Promise<Reply> {
      const queued = super.call(name, ...args);
      this.#touched.add(...named(name, args));
      return queued;
    }

    override async exec(options: Pick<PipelineOptions, "errors"> = {}): Promise<unknown[]> {
      // Before anything is taken for sent: what is queued stays so.
      checkKnown(options, ["errors"]);
      return await this.#touched.run(() => super.exec(options));
    }

    override run<const C extends readonly unknown[]>(
      build: (pipeline: this) => C | Iterator<unknown, C | void>,
    ): Promise<Replies<C> | RepliesOrErrors<C>> {
      return super.run(build).finally(() => this.#touched.drop());
    }
  };
}

function cachingTransaction(
  Transaction: NonNullable<WholeKit["transaction"]>,
  tracker: Tracker,
): NonNullable<WholeKit["transaction"]> {
  return class extends Transaction {
    readonly #touched = new Touched(tracker);

    override send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T> {
      const queued = super.send<T>(spec, args, shape);
      this.#touched.add(spec, args);
      return queued;
    }

    override call(name: string, ...args: Arg[]): Promise<Reply> {
      const queued = super.call(name, ...args);
      this.#touched.add(...named(name, args));
      return queued;
    }

    override run<const C extends readonly unknown[]>(
      build: (transaction: this) => C,
      options: TransactionOptions,
      on: (work: (line: Line) => Promise<unknown[]>) => Promise<unknown[]>,
    ): Promise<Replies<C> | RepliesOrErrors<C>> {
      return super.run(build, options, (work) => this.#touched.run(() => on(work)));
    }
  };
}
