/**
 * One way to declare a test for every runner: `Deno.test` under Deno, `node:test` elsewhere (Bun runs that too).
 *
 * @module
 */
import process from "node:process";

/** What a test may ask for besides its name. */
export interface TestOptions {
  /** Why this test cannot run here; it is then shown as skipped, with this reason in its name. */
  readonly skip?: string | false;
  /** Milliseconds after which it is taken for hanging. 120,000 unless it is known to take its time. */
  readonly timeout?: number;
}

type Body = () => void | Promise<void>;
type Declare = (name: string, skipped: boolean, timeout: number, body: Body) => void;

/** The part of Deno that is needed, so that this file type-checks in every runtime. */
interface DenoLike {
  test(definition: {
    name: string;
    ignore: boolean;
    sanitizeOps: boolean;
    sanitizeResources: boolean;
    fn: Body;
  }): void;
}

/** Bun's own limit is 5 seconds, Deno has none. */
const TIMEOUT = 120_000;

/** Reasons to skip a test where none may be skipped: they are about the runtime, or about what nobody can install. */
const EXPECTED: readonly RegExp[] = [
  /\bDeno\b/, // What only Deno can do, or what runs everywhere in the same way and is run there.
  /^there are no web workers here$/,
  /^any value within the limits is a string here$/,
  /^no memory$/,
  /^no IPv6 loopback$/,
  /^no address besides loopback$/,
  /^only Linux tells of a socket's timers$/,
  /^only root installs packages$/,
  /^no module rejson on this machine$/, // Debian has no package of it.
];

const declare: Declare = await chooseRunner();

async function chooseRunner(): Promise<Declare> {
  const deno = (globalThis as { Deno?: DenoLike }).Deno;
  // The sanitizers catch what a test leaves behind: a timer, a socket, a child process.
  const sane = { sanitizeOps: true, sanitizeResources: true };
  if (deno) {
    return (name, ignore, timeout, body) => deno.test({ name, ignore, fn: () => inTime(body, timeout), ...sane });
  }
  const { test } = await import("node:test");
  return (name, skipped, timeout, body) => void test(name, { skip: skipped, timeout }, () => body());
}

/** Does what `body` does, or fails after so many milliseconds. */
export async function inTime(body: Body, milliseconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const words = `it hangs: not done after ${milliseconds / 1000} seconds`;
    timer = setTimeout(() => reject(new Error(words)), milliseconds);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a test may be skipped for this reason even with RESPIRE_ALL_SERVERS, which says that everything is here. */
export function isExpected(reason: string): boolean {
  return EXPECTED.some((pattern) => pattern.test(reason));
}

/** Declares a test. */
export function test(name: string, body: Body): void;
/** Declares a test that may be skipped, visibly. */
export function test(name: string, options: TestOptions, body: Body): void;
export function test(name: string, ...rest: [Body] | [TestOptions, Body]): void {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] as const : rest;
  const { skip, timeout = TIMEOUT }: TestOptions = options;
  if (!skip) return declare(name, false, timeout, body);
  if (isExpected(skip) || !process.env.RESPIRE_ALL_SERVERS) {
    return declare(`${name} [skipped: ${skip}]`, true, timeout, body);
  }
  declare(name, false, timeout, () => {
    throw new Error(`this would be skipped, though RESPIRE_ALL_SERVERS is set: ${skip}`);
  });
}
