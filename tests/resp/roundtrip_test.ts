import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Arg, BYTES, type Bytes, Decoder, Encoder, NEED_MORE } from "../../src/resp/mod.ts";
import { concat, utf8 } from "../support/bytes.ts";
import { before, chunked, chunkLengths, interrupted, readAll } from "../support/said.ts";
import { test } from "../support/test.ts";

test("any replies, said in any way, over any chunks, are read as what they are", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(before, interrupted), { maxLength: 10 }), chunkLengths, (sequence, lengths) => {
      const bytes = concat(...sequence.flatMap(([[first], { bytes }]) => [first, bytes]));
      const values = sequence.flatMap((
        [[, push], { value, pushes }],
      ) => [...(push ? [push] : []), ...(pushes ?? []), value]);
      assertEquals(readAll(bytes, lengths, 0), values);
      assertEquals(readAll(bytes, [bytes.length + 1], 0), values);
    }),
    { numRuns: 300 },
  );
});

test("what the encoder writes is read back as the same bytes", () => {
  const arg: fc.Arbitrary<Arg> = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.bigInt(),
  );
  const asBytes = (one: Arg): Bytes => {
    if (typeof one === "number" && !Number.isFinite(one)) return utf8(one < 0 ? "-inf" : "inf");
    if (typeof one === "number" && Number.isInteger(one)) return utf8(BigInt(one).toString());
    return ArrayBuffer.isView(one) ? one as Bytes : utf8(String(one));
  };
  fc.assert(
    fc.property(
      fc.array(fc.array(arg, { maxLength: 12 }), { maxLength: 12 }),
      chunkLengths,
      fc.integer({ min: 1, max: 5 }),
      (commands, lengths, takeEvery) => {
        const encoder = new Encoder(256);
        const pieces: Uint8Array[] = [];
        commands.forEach((args, i) => {
          encoder.command(utf8("$4\r\nECHO\r\n"), 1, args, "ECHO");
          if (i % takeEvery === 0) pieces.push(...encoder.take());
        });
        pieces.push(...encoder.take());
        const expected = commands.map((args) => [utf8("ECHO"), ...args.map(asBytes)]);
        assertEquals(readAll(concat(...pieces), lengths, BYTES), expected);
      },
    ),
    { numRuns: 300 },
  );
});

test("any text comes back as itself, half surrogate pairs are refused", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)) }),
      (value) => {
        const encoder = new Encoder();
        let refused = false;
        try {
          encoder.command(utf8("$4\r\nECHO\r\n"), 1, [value], "ECHO");
        } catch (error) {
          refused = error instanceof TypeError;
        }
        assertEquals(refused, !value.isWellFormed());
        if (!refused) assertEquals(readAll(concat(...encoder.take()), [7], 0), [["ECHO", value]]);
      },
    ),
    { numRuns: 500 },
  );
});

test("random bytes give replies or a protocol error, the same over any chunks", () => {
  const alphabet = utf8("$:+-*_#,(!=%~|>;.?0123ab\r\n");
  const soup = fc.array(fc.oneof(fc.constantFrom(...alphabet), fc.constantFrom(13, 10)), { maxLength: 60 });
  const outcome = (bytes: Uint8Array, lengths: number[]): unknown => {
    const decoder = new Decoder();
    const values: unknown[] = [];
    try {
      for (const chunk of chunked(bytes, lengths)) {
        decoder.feed(chunk);
        for (let value = decoder.read(0); value !== NEED_MORE; value = decoder.read(0)) values.push(value);
      }
    } catch (error) {
      values.push(String(error));
    }
    return values;
  };
  fc.assert(
    fc.property(soup, chunkLengths, (codes, lengths) => {
      const bytes = Uint8Array.from(codes);
      assertEquals(outcome(bytes, lengths), outcome(bytes, [100]));
    }),
    { numRuns: 2000 },
  );
});
