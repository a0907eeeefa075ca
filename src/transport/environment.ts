/**
 * Environment variables, in every runtime that has them. Nothing is read, and no permission is needed, until somebody asks.
 *
 * @module
 */

interface Runtime {
  readonly Deno?: { readonly env?: { get(name: string): string | undefined } };
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/**
 * The value of a variable, `undefined` if it is not set.
 *
 * @throws {TypeError} if it may not be read, or there are no such things here.
 */
export function readVariable(name: string): string | undefined {
  const { Deno, process } = globalThis as Runtime;
  if (Deno?.env === undefined && process?.env === undefined) {
    throw new TypeError(`The environment variable ${name} cannot be read: this runtime has none`);
  }
  if (Deno?.env === undefined) return process!.env![name];
  try {
    return Deno.env.get(name);
  } catch (error) {
    throw new TypeError(`The environment variable ${name} may not be read; grant it with --allow-env=${name}`, {
      cause: error,
    });
  }
}
