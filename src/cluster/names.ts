/**
 * What is known of commands that are called by name.
 *
 * @module
 */
import { type Arg, CommandSpec } from "../command/spec.ts";
import { wordOf } from "../command/words.ts";
import { named } from "../client/unusual.ts";

/** The commands that a client of a cluster knows by their names. */
export class KnownCommands {
  readonly #specs: Iterable<CommandSpec>;
  #index: Map<string, CommandSpec> | undefined;
  /** The first words of those that have two. */
  readonly #containers = new Set<string>();

  constructor(specs: Iterable<CommandSpec>) {
    this.#specs = specs;
  }

  /** Made when it is first needed: most clients call no command by its name. */
  #indexed(): Map<string, CommandSpec> {
    if (this.#index !== undefined) return this.#index;
    this.#index = new Map();
    for (const spec of this.#specs) {
      this.#index.set(spec.name, spec);
      if (spec.words > 1) this.#containers.add(spec.name.slice(0, spec.name.indexOf(" ")));
    }
    return this.#index;
  }

  /**
   * The spec of a command by its name, and what is sent behind it. Of one that nobody has described, the first argument is
   * taken for its key.
   *
   * @throws {TypeError} for a name that is none.
   */
  described(name: string, args: Arg[]): [spec: CommandSpec, args: Arg[]] {
    const index = this.#indexed();
    const [spec, words] = named(name, args);
    // Of no other command anything is looked at that may be a value, of any size.
    const second = this.#containers.has(spec.name) ? words[0] : undefined;
    const whole = second === undefined ? undefined : index.get(`${spec.name} ${wordOf(second)}`);
    if (whole !== undefined) return [whole, words.slice(1)];
    const known = index.get(spec.name);
    return [known ?? new CommandSpec(spec.name, spec.flags, words.length > 0 ? 1 : "none"), words];
  }
}
