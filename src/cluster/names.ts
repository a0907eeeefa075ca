/**
 * What is known of commands that are called by name.
 *
 * @module
 */
import { type Arg, CommandSpec } from "../command/spec.ts";
import { ALL } from "../generated/named.ts";
import { wordOf } from "../command/words.ts";
import { named } from "../client/unusual.ts";

/** The specs by their names, and the first words of those that have two. */
interface Index {
  readonly specs: ReadonlyMap<string, CommandSpec>;
  readonly containers: ReadonlySet<string>;
}

let index: Index | undefined;

function indexed(): Index {
  const containers = ALL.filter(({ words }) => words > 1).map(({ name }) => name.slice(0, name.indexOf(" ")));
  return { specs: new Map(ALL.map((spec) => [spec.name, spec])), containers: new Set(containers) };
}

/**
 * The spec of a command by its name, and what is sent behind it. Of one that nobody has described, the first argument is
 * taken for its key.
 *
 * @throws {TypeError} for a name that is none.
 */
export function described(name: string, args: Arg[]): [spec: CommandSpec, args: Arg[]] {
  index ??= indexed();
  const [spec, words] = named(name, args);
  // Of no other command anything is looked at that may be a value, of any size.
  const second = index.containers.has(spec.name) ? words[0] : undefined;
  const whole = second === undefined ? undefined : index.specs.get(`${spec.name} ${wordOf(second)}`);
  if (whole !== undefined) return [whole, words.slice(1)];
  const known = index.specs.get(spec.name);
  return [known ?? new CommandSpec(spec.name, spec.flags, words.length > 0 ? 1 : "none"), words];
}
