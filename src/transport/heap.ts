/**
 * How the C library of V8's runtimes treats large blocks.
 *
 * @module
 */

/** The largest block whose release still raises the thresholds; twice this much may then lie at the end of the heap. */
const BLOCK = 32 * 1024 * 1024 - 64 * 1024;

/** What is kept for large values, and what is kept above it, each small enough to lie in the heap. */
const KEPT = BLOCK - 1024 * 1024;
const LID = 1024 * 1024;

/** What `lib` of some TypeScript versions does not know, and Node 20 has not got. */
type OwnBuffer = ArrayBuffer & { transfer?(length: number): unknown };

/** Of smaller blocks, those that are free at the same time are seldom enough for glibc to give them back. */
const GIVEN_BACK_FROM = 32 * 1024;

let done = false;

/** What lies at the end of the heap, for as long as the process lives. */
const held: ArrayBuffer[] = [];

/**
 * Told of a block of `length` bytes, makes glibc keep memory for the next large value instead of giving it back to the
 * system each time, which costs a page fault for every 4 KiB: four fifths of the time that a value of 1 MiB takes as bytes.
 *
 * It does two things. glibc keeps as much as twice the largest block that it has seen freed (`M_TRIM_THRESHOLD` in
 * mallopt(3)), so it is shown one. But as V8 collects values by the dozen, that is passed now and then, and then everything
 * goes at once: so there is also a free place of 31 MiB in the heap with something after it, and a heap is given back from
 * its end only.
 *
 * Nobody touches these blocks, so they take addresses and no memory until values come. Where the C library is another, this
 * does nothing; where a block cannot be freed at once (Node 20), only the first is done.
 */
export function keepHeapFor(length: number): void {
  if (done || length < GIVEN_BACK_FROM) return;
  done = true;
  const shown: OwnBuffer = new ArrayBuffer(BLOCK);
  if (shown.transfer === undefined) return;
  shown.transfer(0);
  const place: OwnBuffer = new ArrayBuffer(KEPT);
  held.push(new ArrayBuffer(LID));
  place.transfer!(0);
}
