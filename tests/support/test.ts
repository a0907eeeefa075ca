/**
 * One way to declare a test for every runner: `Deno.test` under Deno, `node:test` elsewhere (Bun runs that too).
 *
 * @module
 */

/** What a test may ask for besides its name. */
export interface TestOptions {
  /** Why this test cannot run here; it is then shown as skipped, with this reason in its name. */
  readonly skip?: string | false;
}

type Body = () => void | Promise<void>;
type Declare = (name: string, skipped: boolean, body: Body) => void;

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

/** Milliseconds after which a hanging test is given up, where the runner can do that. Bun's own limit is 5 seconds. */
const timeout = 120_000;

const declare: Declare = await chooseRunner();

async function chooseRunner(): Promise<Declare> {
  const deno = (globalThis as { Deno?: DenoLike }).Deno;
  // The sanitizers catch what a test leaves behind: a timer, a socket, a child process.
  const sane = { sanitizeOps: true, sanitizeResources: true };
  if (deno) return (name, skipped, body) => deno.test({ name, ignore: skipped, fn: body, ...sane });
  const { test } = await import("node:test");
  return (name, skipped, body) => void test(name, { skip: skipped, timeout }, () => body());
}

/** Declares a test. */
export function test(name: string, body: Body): void;
/** Declares a test that may be skipped, visibly. */
export function test(name: string, options: TestOptions, body: Body): void;
export function test(name: string, ...rest: [Body] | [TestOptions, Body]): void {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] as const : rest;
  if (options.skip) declare(`${name} [skipped: ${options.skip}]`, true, body);
  else declare(name, false, body);
}
