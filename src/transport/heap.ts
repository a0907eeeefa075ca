/**
 * How the C library of V8's runtimes treats large blocks.
 *
 * @module
 */

/** Twice this much may stay with the process after large values have been read and dropped. */
const BLOCK = 32 * 1024 * 1024 - 64 * 1024;

let done = false;

/**
 * Makes glibc keep memory for the next large value instead of giving it back to the system each time, which costs a page
 * fault for every 4 KiB: four fifths of the time that a value of 1 MiB takes as bytes. It keeps as much as twice the
 * largest block that it has seen freed (`M_TRIM_THRESHOLD` in mallopt(3)), so it is shown one. Nobody touches that
 * block, so it takes addresses and no memory. Where the C library is another, this does nothing.
 */
export function keepHeap(): void {
  if (done) return;
  done = true;
  new ArrayBuffer(BLOCK);
}
