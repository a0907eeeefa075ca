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
