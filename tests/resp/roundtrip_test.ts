import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Arg, BYTES, Decoder, Encoder, NEED_MORE, Push, type Reply, ReplyError } from "../../src/resp/mod.ts";
import { concat, lend, utf8 } from "../support/bytes.ts";
import { test } from "../support/test.ts";

/** A reply, and bytes that say so: the same value may be said in several ways. */
interface Said {
  readonly value: Reply;
  readonly bytes: Uint8Array;
}

const line = fc.string({ unit: "grapheme", maxLength: 30 }).filter((text) => !/[\r\n]/.test(text));
const text = fc.string({ unit: "binary", maxLength: 80 });
const said = (value: Reply, ...bytes: (string | Uint8Array)[]): Said => ({ value, bytes: concat(...bytes) });

/** A string as a bulk, verbatim or streamed string. */
const strings = fc.tuple(text, fc.constantFrom("$", "=", "?"), fc.nat()).map(([value, how, at]) => {
  const bytes = utf8(value);
  if (how === "$") return said(value, `$${bytes.length}\r\n`, bytes, "\r\n");
  if (how === "=") return said(value, `=${bytes.length + 4}\r\ntxt:`, bytes, "\r\n");
  const cut = bytes.length === 0 ? 0 : at % bytes.length;
  const parts = [bytes.subarray(0, cut), bytes.subarray(cut)].filter((part) => part.length > 0);
  return said(value, "$?\r\n", ...parts.flatMap((part) => [`;${part.length}\r\n`, part, "\r\n"]), ";0\r\n");
});

const scalars: fc.Arbitrary<Said> = fc.oneof(
  { weight: 3, arbitrary: strings },
  line.map((value) => said(value, `+${value}\r\n`)),
  line.map((value) => said(new ReplyError(value), `-${value}\r\n`)),
  text.map((value) => said(new ReplyError(value), `!${utf8(value).length}\r\n${value}\r\n`)),
  fc.maxSafeInteger().map((value) => said(value, `:${value}\r\n`)),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).map((value) => said(value, `:${value}\r\n`)),
  fc.bigInt().map((value) => said(value, `(${value}\r\n`)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) =>
    said(value, `,${Object.is(value, -0) ? "-0" : value}\r\n`)
  ),
  fc.boolean().map((value) => said(value, value ? "#t\r\n" : "#f\r\n")),
  fc.constantFrom("$-1", "*-1", "_").map((spelling) => said(null, `${spelling}\r\n`)),
);

const { reply } = fc.letrec<{ reply: Said }>((tie) => ({
  reply: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalars, aggregates(tie("reply"))),
}));

function aggregates(element: fc.Arbitrary<Said>): fc.Arbitrary<Said> {
  return fc.tuple(fc.array(element, { maxLength: 8 }), fc.constantFrom("*", "~", "%"), fc.boolean()).map(
    ([elements, type, streamed]) => {
      if (type === "%" && elements.length % 2 === 1) elements = elements.slice(1);
      const value = elements.map((one) => one.value);
      const body = elements.map((one) => one.bytes);
      if (streamed) return said(value, `${type}?\r\n`, ...body, ".\r\n");
      return said(value, `${type}${type === "%" ? value.length / 2 : value.length}\r\n`, ...body);
    },
  );
}

/** Attributes or a push in front of a reply, or nothing. */
const before = fc.oneof(
  { weight: 4, arbitrary: fc.constant<[string | Uint8Array, Push?]>([""]) },
  { weight: 1, arbitrary: reply.map((one): [Uint8Array] => [concat("|1\r\n+key\r\n", one.bytes)]) },
  {
    weight: 1,
    arbitrary: reply.map((one): [Uint8Array, Push] => [concat(">1\r\n", one.bytes), new Push([one.value])]),
  },
);

/** Cuts bytes into chunks of the lengths given, over and over. */
function* chunked(bytes: Uint8Array, lengths: number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length];
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

const chunkLengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 10 });

function readAll(bytes: Uint8Array, lengths: number[], mode: number): (Reply | Push)[] {
  const decoder = new Decoder();
  const values: (Reply | Push)[] = [];
  for (const chunk of chunked(bytes, lengths)) {
    lend(chunk, (lent) => {
      decoder.feed(lent);
      for (let value = decoder.read(mode); value !== NEED_MORE; value = decoder.read(mode)) values.push(value);
    });
  }
  return values;
}

test("any replies, said in any way, over any chunks, are read as what they are", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(before, reply), { maxLength: 10 }), chunkLengths, (sequence, lengths) => {
      const bytes = concat(...sequence.flatMap(([[first], { bytes }]) => [first, bytes]));
      const values = sequence.flatMap(([[, push], { value }]) => push ? [push, value] : [value]);
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
  const asBytes = (one: Arg): Uint8Array => {
    if (typeof one === "number" && !Number.isFinite(one)) return utf8(one < 0 ? "-inf" : "inf");
    if (typeof one === "number" && Number.isInteger(one)) return utf8(BigInt(one).toString());
    return ArrayBuffer.isView(one) ? one as Uint8Array : utf8(String(one));
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
