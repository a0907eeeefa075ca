/**
 * Bytes that a socket has not taken yet.
 *
 * @module
 */

/** Small neighbours are joined up to this size, for a system call costs more than copying that much. */
const JOIN_SIZE = 16_384;

/** Buffers in the order in which they leave. Taking one costs the same however many wait. */
export class WriteQueue {
  #buffers: Uint8Array[] = [];
  #head = 0;

  /** Puts a buffer behind all others. */
  push(bytes: Uint8Array): void {
    this.#buffers.push(bytes);
  }

  /** Takes the first buffer, joined with what follows it while that is little; `undefined` if nothing waits. */
  take(): Uint8Array | undefined {
    const buffers = this.#buffers;
    const start = this.#head;
    if (start === buffers.length) return undefined;
    let size = buffers[start]!.length;
    let end = start + 1;
    while (end < buffers.length && size + buffers[end]!.length <= JOIN_SIZE) size += buffers[end++]!.length;
    const taken = end === start + 1 ? buffers[start] : join(buffers, start, end, size);
    this.#forget(end);
    return taken;
  }

  /** Drops everything. */
  clear(): void {
    this.#buffers = [];
    this.#head = 0;
  }

  /** Lets go of what was taken; the list is cut only once half of it is spent. */
  #forget(end: number): void {
    const buffers = this.#buffers;
    if (end === buffers.length) return this.clear();
    buffers.fill(SPENT, this.#head, end);
    this.#head = end;
    if (end * 2 < buffers.length) return;
    buffers.splice(0, end);
    this.#head = 0;
  }
}

const SPENT = new Uint8Array(0);

function join(buffers: readonly Uint8Array[], start: number, end: number, size: number): Uint8Array {
  const joined = new Uint8Array(size);
  for (let i = start, at = 0; i < end; i++) {
    joined.set(buffers[i]!, at);
    at += buffers[i]!.length;
  }
  return joined;
}
