import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { WriteQueue } from "../../src/transport/queue.ts";
import { concat } from "../support/bytes.ts";
import { test } from "../support/test.ts";

test("an empty queue gives nothing", () => {
  const queue = new WriteQueue();
  assertEquals(queue.take(), undefined);
  queue.push(concat("a"));
  queue.clear();
  assertEquals(queue.take(), undefined);
});

test("small neighbours are joined, a large buffer is handed out as it is", () => {
  const queue = new WriteQueue();
  const large = new Uint8Array(100_000);
  for (const piece of [concat("a"), concat("b"), concat("c"), large, concat("d")]) queue.push(piece);
  assertEquals(queue.take(), concat("abc"));
  assertStrictEquals(queue.take(), large);
  assertEquals(queue.take(), concat("d"));
  assertEquals(queue.take(), undefined);
});

test("a million small buffers come out in order, in few pieces, however pushes and takes mix", () => {
  const queue = new WriteQueue();
  let pushed = 0;
  let taken = 0;
  let takes = 0;
  const take = (): boolean => {
    const bytes = queue.take();
    if (bytes === undefined) return false;
    takes++;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; at += 4) {
      if (view.getUint32(at) !== taken++) throw new Error(`${view.getUint32(at)} instead of ${taken - 1}`);
    }
    return true;
  };
  for (let i = 0; i < 1_000_000; i++) {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, pushed++);
    queue.push(bytes);
    if (i % 10_000 === 0) take();
  }
  while (take());
  assertEquals(taken, pushed);
  assert(takes < 1000, `${takes} pieces`);
});
