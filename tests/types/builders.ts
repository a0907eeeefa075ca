/**
 * Compiled, never run: what pipelines and transactions take, and what they promise of their replies.
 */
import type { LibraryFunction, PipelineOptions, Redis, Reply, Script, Session, TransactionOptions } from "../../mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only where the promised value has exactly this type. */
declare function gives<Wanted>(): <Got>(
  value: Promise<Got>,
  ...same: Equal<Got, Wanted> extends true ? [] : [never]
) => void;

declare const redis: Redis;
declare const session: Session;
declare const twice: Script<1, 0, number>;
declare const exactly: LibraryFunction<1, 0, bigint>;
declare const unsure: boolean;
declare const anyPipeline: PipelineOptions;
declare const anyTransaction: TransactionOptions;

export function knownOptions(): void {
  gives<[string | null, number]>()(redis.pipeline((p) => [p.get("a"), p.incr("n")]));
  gives<[number]>()(redis.pipeline((p) => [p.incr("n")], {}));
  gives<[number]>()(redis.pipeline((p) => [p.incr("n")], { errors: "throw", replies: true }));
  gives<[number | Error]>()(redis.pipeline((p) => [p.incr("n")], { errors: "return" }));
  gives<[]>()(redis.pipeline((p) => [p.incr("n")], { replies: false }));
  gives<[]>()(redis.pipeline((p) => [p.incr("n")], { replies: false, errors: "return" }));
  gives<[number]>()(session.pipeline((p) => [p.incr("n")], { replies: true }));
  gives<[number | Error]>()(session.pipeline((p) => [p.incr("n")], { errors: "return" }));
  gives<[]>()(session.pipeline((p) => [p.incr("n")], { replies: false }));
  gives<[number]>()(redis.transaction((tx) => [tx.incr("n")], { errors: "throw" }));
  gives<[number | Error]>()(session.transaction((tx) => [tx.incr("n")], { errors: "return" }));
}

export async function unknownOptions(): Promise<void> {
  gives<[number | Error] | []>()(redis.pipeline((p) => [p.incr("n")], anyPipeline));
  gives<[number | Error] | []>()(redis.pipeline((p) => [p.incr("n")], unsure ? { errors: "return" } : {}));
  gives<[number | Error] | []>()(redis.pipeline((p) => [p.incr("n")], { replies: unsure }));
  gives<[number | Error] | []>()(redis.pipeline((p) => [p.incr("n")], { errors: "return", replies: unsure }));
  gives<[number | Error] | []>()(session.pipeline((p) => [p.incr("n")], anyPipeline));
  gives<[number | Error]>()(redis.transaction((tx) => [tx.incr("n")], anyTransaction));
  gives<[number | Error]>()(session.transaction((tx) => [tx.incr("n")], anyTransaction));
  gives<[number | Error] | []>()(redis.pipeline((p) => [p.incr("n")], unsure ? { errors: "return" } : undefined));
  gives<[number | Error] | []>()(session.pipeline((p) => [p.incr("n")], unsure ? anyPipeline : undefined));
  gives<[number | Error]>()(redis.transaction((tx) => [tx.incr("n")], unsure ? { errors: "return" } : undefined));
  gives<[number | Error]>()(session.transaction((tx) => [tx.incr("n")], unsure ? anyTransaction : undefined));
  gives<[number]>()(redis.pipeline((p) => [p.incr("n")], unsure ? { errors: "throw" } : undefined));
  gives<[number]>()(redis.transaction((tx) => [tx.incr("n")], undefined));
  const [n] = await redis.pipeline((p) => [p.incr("n")], anyPipeline);
  const same: Equal<typeof n, number | Error | undefined> = true;
  // @ts-expect-error: it may be an error
  const [m]: [number] = await redis.transaction((tx) => [tx.incr("n")], anyTransaction);
  console.log(same, m);
}

export function generators(words: Set<string>): void {
  gives<unknown[]>()(redis.pipeline(function* (p) {
    yield p.get("a");
  }));
  gives<[string | null, number]>()(redis.pipeline(function* (p) {
    yield p.set("a", 1);
    return [p.get("a"), p.incr("n")];
  }));
  gives<[string | null | Error]>()(redis.pipeline(
    function* (p) {
      yield p.set("a", 1);
      return [p.get("a")];
    },
    { errors: "return" },
  ));
  gives<unknown[]>()(redis.pipeline(function* (p) {
    yield p.set("a", 1);
    if (unsure) return [p.get("a")];
  }));
  gives<unknown[]>()(redis.pipeline((p) => words.values().map((word) => p.incr(word))));
  gives<unknown[] | []>()(redis.pipeline((p) => words.values().map((word) => p.incr(word)), anyPipeline));
  gives<[number]>()(session.pipeline(function* (p) {
    yield p.set("a", 1);
    return [p.incr("n")];
  }));
  gives<[]>()(session.pipeline(
    function* (p) {
      yield p.incr("n");
    },
    { replies: false },
  ));
  // @ts-expect-error: the builder is not asynchronous
  redis.pipeline(async (p) => [await p.get("a")]);
  // @ts-expect-error: nor is a generator
  redis.pipeline(async function* (p) {
    yield p.get("a");
  });
  // @ts-expect-error: a transaction is as long as its list
  redis.transaction(function* (tx) {
    yield tx.get("a");
  });
}

export function lists(ids: string[], three: readonly [string, string, string]): void {
  gives<[string | null, number]>()(redis.pipeline((p) => [p.get("a"), p.incr("n")] as const));
  gives<(string | null)[]>()(redis.pipeline((p) => ids.map((id) => p.get(id))));
  gives<[string | null, ...number[]]>()(redis.pipeline((p) => [p.get("a"), ...ids.map((id) => p.incr(id))]));
  gives<[string | null] | [string | null, number]>()(
    redis.pipeline((p) => unsure ? [p.get("a")] : [p.get("a"), p.incr("n")]),
  );
  gives<[number] | []>()(redis.transaction((tx) => unsure ? [tx.incr("n")] : []));
  gives<[string | number | null]>()(redis.pipeline((p) => [unsure ? p.get("a") : p.incr("n")]));
  // A reply that the caller may name is what it is outside of a builder.
  gives<[Reply, number, Reply]>()(redis.pipeline((p) => [p.eval("s"), p.eval<number>("s"), p.call("x")]));
  gives<[string[] | [member: string, score: number][]]>()(
    session.transaction((tx) => [tx.zrange("z", 0, -1, { withscores: unsure })]),
  );
  gives<(number | Error)[]>()(
    session.pipeline(
      (p) => {
        const queued: Promise<number>[] = [];
        for (const id of three) queued.push(p.incr(id));
        return queued;
      },
      { errors: "return" },
    ),
  );
  gives<[number, bigint]>()(redis.transaction((tx) => [twice.run(tx, ["n"]), exactly.run(tx, ["n"])]));
}

export function noCommands(): void {
  // @ts-expect-error: false is no command
  redis.pipeline((p) => [p.get("a"), unsure && p.get("b")]);
  // @ts-expect-error: nor is what is missing
  redis.pipeline((p) => [unsure ? p.get("b") : undefined]);
  // @ts-expect-error: nor is a value
  redis.pipeline((p) => [p.get("a"), "b"], { errors: "return" });
  // @ts-expect-error: nor where replies are not kept
  redis.pipeline((p) => [p.get("a"), null], { replies: false });
  // @ts-expect-error: nor is it in a transaction
  redis.transaction((tx) => [tx.get("a"), unsure && tx.get("b")]);
  // @ts-expect-error: nor on a session
  session.pipeline((p) => [p.get("a"), 5], anyPipeline);
  // @ts-expect-error: nor in a session's transaction
  session.transaction((tx) => [unsure && tx.get("b")]);
  // @ts-expect-error: nor in what a generator returns
  redis.pipeline(function* (p) {
    yield p.get("a");
    return [p.get("a"), unsure && p.get("b")];
  });
}
