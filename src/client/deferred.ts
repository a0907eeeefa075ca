/**
 * Commands of a long pipeline, encoded only when their turn comes: the server works on the ones before meanwhile.
 *
 * @module
 */
import type { Arg, CommandSpec } from "../command/spec.ts";
import { Encoder } from "../resp/encoder.ts";
import type { Run } from "./batch.ts";

/** A string up to this length may wait as it is; what is longer is checked and encoded at once. */
const LONGEST = 32 * 1024;
/** About what the parts of a command take that are not its arguments' own bytes, for each. */
const AROUND = 12;

/** The encoder of the last long pipeline: its memory has grown to what parts need. There is one for the process. */
let idle: Encoder | undefined;

/** An encoder for the parts of one pipeline. */
export function takeEncoder(): Encoder {
  const taken = idle ?? new Encoder();
  idle = undefined;
  return taken;
}

/** Gives one back whose bytes have all left. */
export function giveEncoder(encoder: Encoder): void {
  encoder.reuse();
  idle = encoder;
}

/** A command that could not wait. */
class Ready {
  readonly chunks: readonly Uint8Array[];

  constructor(chunks: readonly Uint8Array[]) {
    this.chunks = chunks;
  }
}

/**
 * About how many bytes a command will take. 0 if it cannot wait: bytes, which their owner may change as soon as the
 * command is issued, and what the encoder refuses, which its caller is to hear at once.
 */
function estimate(args: readonly Arg[]): number {
  let size = 2 * AROUND;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (typeof arg === "string" && arg.length <= LONGEST) size += arg.length + AROUND;
    else if (typeof arg === "number" && arg === arg) size += 2 * AROUND;
    else return 0;
  }
  return size;
}

/** Commands in order, without what is known about them: that is in the runs beside. */
export class Deferred {
  /** About how many bytes they will be. */
  size = 0;
  readonly #commands: (readonly Arg[] | Ready)[] = [];

  /** Adds a command. `encoder` is there for those that cannot wait, and empty; throws what it throws. */
  add(spec: CommandSpec, args: readonly Arg[], encoder: Encoder): void {
    const size = estimate(args);
    if (size > 0) {
      this.#commands.push(args);
      this.size += size;
      return;
    }
    encoder.command(spec.head, spec.words, args, spec.name);
    this.size += encoder.size;
    this.#commands.push(new Ready(encoder.take()));
  }

  /**
   * The bytes of all of them.
   *
   * @throws {TypeError} if a string holds half a surrogate pair, which only encoding finds.
   */
  encode(runs: readonly Run[], encoder: Encoder): Uint8Array[] {
    let place = 0;
    for (const { spec, count } of runs) {
      const { head, words, name } = spec;
      for (const end = place + count; place < end; place++) {
        const command = this.#commands[place]!;
        if (command instanceof Ready) encoder.append(command.chunks);
        else encoder.command(head, words, command, name);
      }
    }
    return encoder.take();
  }
}
