/**
 * A stand-in for `@std/assert` where JSR is out of reach: the same signatures, over `node:assert`.
 *
 * Only what our tests use. `assert_test.ts` holds it against the same table as the original.
 *
 * @module
 */
import nodeAssert, { AssertionError } from "node:assert";
import { inspect } from "node:util";

export { AssertionError };

// deno-lint-ignore no-explicit-any -- a class with whatever constructor
type Class<T> = abstract new (...args: any[]) => T;

/** Fails, always. */
export function fail(msg?: string): never {
  throw new AssertionError({ message: msg ? `Failed: ${msg}` : "Failed" });
}

/** Fails: this line was not to be reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError({ message: msg ?? "Unreachable" });
}

function check(condition: boolean, message: string, msg?: string): void {
  if (!condition) {
    throw new AssertionError({ message: msg ? `${message}: ${msg}` : message });
  }
}

/** Fails if the value is falsy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError({ message: msg });
}

/** Fails if the value is truthy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is false {
  if (expr) throw new AssertionError({ message: msg });
}

/** Fails unless both are structurally equal, prototypes included. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, msg);
}

/** Fails if both are structurally equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.notDeepStrictEqual(actual, expected, msg);
}

/** Fails unless both are the same value (`Object.is`). */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  nodeAssert.strictEqual(actual, expected, msg);
}

/** Fails if both are the same value (`Object.is`). */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  nodeAssert.notStrictEqual(actual, expected, msg);
}

/** Fails if the value is `null` or `undefined`. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  check(
    actual !== undefined && actual !== null,
    `Expected ${inspect(actual)} to be neither null nor undefined`,
    msg,
  );
}

/** Fails unless the value is an instance of the class. */
export function assertInstanceOf<T extends Class<unknown>>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  check(
    actual instanceof expectedType,
    `Expected an instance of ${expectedType.name}, got ${inspect(actual)}`,
    msg,
  );
}

/** Fails if the value is an instance of the class. */
export function assertNotInstanceOf<T>(
  actual: unknown,
  unexpectedType: Class<T>,
  msg?: string,
): void {
  check(
    !(actual instanceof unexpectedType),
    `Expected no instance of ${unexpectedType.name}`,
    msg,
  );
}

/** Fails unless the text matches. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  check(
    expected.test(actual),
    `Expected ${inspect(actual)} to match ${expected}`,
    msg,
  );
}

/** Fails if the text matches. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  check(
    !expected.test(actual),
    `Expected ${inspect(actual)} not to match ${expected}`,
    msg,
  );
}

/** Fails unless the text holds the other text. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  check(
    actual.includes(expected),
    `Expected ${inspect(actual)} to include ${inspect(expected)}`,
    msg,
  );
}

/** Fails unless every expected element is structurally equal to one of the actual ones. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const missing = Array.from(expected).filter((wanted) => !Array.from(actual).some((had) => equal(had, wanted)));
  check(
    missing.length === 0,
    `Missing: ${inspect(missing)} in ${inspect(actual)}`,
    msg,
  );
}

/** Fails unless `actual` has every property of `expected`, deep down. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- as in the original: interfaces have no index signature
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  check(
    matches(actual, expected),
    `Expected ${inspect(actual)} to match ${inspect(expected)}`,
    msg,
  );
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  check(
    actual > expected,
    `Expected ${inspect(actual)} > ${inspect(expected)}`,
    msg,
  );
}

/** Fails unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(
    actual >= expected,
    `Expected ${inspect(actual)} >= ${inspect(expected)}`,
    msg,
  );
}

/** Fails unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  check(
    actual < expected,
    `Expected ${inspect(actual)} < ${inspect(expected)}`,
    msg,
  );
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(
    actual <= expected,
    `Expected ${inspect(actual)} <= ${inspect(expected)}`,
    msg,
  );
}

/** Fails unless both are within the tolerance, by default a ten-millionth of `expected`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  const allowed = tolerance ??
    (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const close = Object.is(actual, expected) ||
    Math.abs(expected - actual) <= allowed;
  check(close, `Expected ${actual} to be close to ${expected}`, msg);
}

/** Fails unless `error` is an Error, of the class and with the text in its message where these are given. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: Class<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  check(
    error instanceof Error,
    `Expected an Error, got ${inspect(error)}`,
    msg,
  );
  if (ErrorClass) {
    check(
      error instanceof ErrorClass,
      `Expected ${ErrorClass.name}, got ${inspect(error)}`,
      msg,
    );
  }
  if (msgMatches === undefined) return;
  const { message } = error as Error;
  const found = typeof msgMatches === "string" ? message.includes(msgMatches) : msgMatches.test(message);
  check(
    found,
    `Expected the message ${inspect(message)} to match ${inspect(msgMatches)}`,
    msg,
  );
}

/** Fails unless the function throws; gives what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Fails unless the function throws an error of the class, with the text in its message; gives the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: Class<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  ...expectation: Expectation
): unknown {
  let thrown: unknown;
  try {
    fn();
  } catch (error) {
    thrown = error;
    return asExpected(thrown, expectation);
  }
  throw new AssertionError({
    message: withMessage("Expected function to throw", expectation),
  });
}

/** Fails unless the function returns a promise that rejects; gives what it rejected with. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Fails unless the function's promise rejects with an error of the class, with the text; gives the error. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Class<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  ...expectation: Expectation
): Promise<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch {
    throw new AssertionError({
      message: withMessage(
        "Function throws when expected to reject",
        expectation,
      ),
    });
  }
  try {
    await promise;
  } catch (error) {
    return asExpected(error, expectation);
  }
  throw new AssertionError({
    message: withMessage("Expected function to reject", expectation),
  });
}

type Expectation = [msg?: string] | [
  ErrorClass: Class<Error>,
  msgIncludes?: string,
  msg?: string,
];

function asExpected(
  error: unknown,
  [first, msgIncludes, msg]: Expectation,
): unknown {
  if (typeof first === "function") {
    assertIsError(error, first, msgIncludes, msg);
  }
  return error;
}

function withMessage(message: string, [first, , msg]: Expectation): string {
  const own = typeof first === "function" ? msg : first;
  return own ? `${message}: ${own}` : message;
}

function equal(a: unknown, b: unknown): boolean {
  try {
    nodeAssert.deepStrictEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

function matches(actual: unknown, expected: unknown): boolean {
  if (
    expected === null || typeof expected !== "object" ||
    Object.getPrototypeOf(expected) !== Object.prototype
  ) {
    return equal(actual, expected);
  }
  if (actual === null || typeof actual !== "object") return false;
  return Reflect.ownKeys(expected).every((key) =>
    Reflect.has(actual, key) &&
    matches(Reflect.get(actual, key), Reflect.get(expected, key))
  );
}
