/**
 * Compiled, never run: where the compiler says that something is wrong. Of several overloads it tells of the last, so what
 * most people write must come last.
 */
import type { Redis } from "../../mod.ts";

declare const redis: Redis;

export function options(): void {
  redis.zadd(
    "z",
    { a: 1 },
    // @ts-expect-error: the name of the option, not the members
    { NX: true },
  );
  redis.zadd(
    "z",
    { a: 1 },
    // @ts-expect-error: two that exclude each other
    { gt: true, lt: true },
  );
  redis.xadd(
    "s",
    "*",
    { f: "v" },
    // @ts-expect-error: the name of the option, not the fields
    { maxLen: 5 },
  );
}

export function members(): void {
  redis.hset("h", {
    name: "Ada",
    // @ts-expect-error: the value
    admin: true,
  });
  redis.mset({
    a: 1,
    // @ts-expect-error: the value
    b: null,
  });
  redis.hset(
    "h",
    "name",
    // @ts-expect-error: the value
    true,
  );
  redis.zadd("z", {
    a: 1,
    // @ts-expect-error: the score
    b: "2",
  });
  redis.xadd("s", "*", {
    f: "v",
    // @ts-expect-error: the value
    g: true,
  });
}

/** What is given one after the other may be spread, if at least a pair is known to be there. */
export function spread(fields: [string, string, ...string[]]): void {
  redis.hset("h", ...fields);
  redis.mset(...fields);
  redis.hset("h", "f", "v", ...fields);
}
