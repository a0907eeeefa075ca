/**
 * Replies of any kind, and bytes that say them in any way: for properties that must hold of all of them.
 *
 * @module
 */
import fc from "fast-check";
import { Decoder, NEED_MORE, Push, type Reply, ReplyError } from "../../src/resp/mod.ts";
import { concat, lend, utf8 } from "./bytes.ts";

/** A reply, and bytes that say so: the same value may be said in several ways. */
export interface Said {
  readonly value: Reply;
  readonly bytes: Uint8Array;
  /** The pushes that stand inside it. */
  readonly pushes?: readonly Push[];
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

/** A reply of any kind. */
export const reply: fc.Arbitrary<Said> = fc.letrec<{ reply: Said }>((tie) => ({
  reply: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalars, aggregates(tie("reply"))),
})).reply;

const push: fc.Arbitrary<Said> = fc.array(fc.oneof(scalars, aggregates(scalars)), { maxLength: 2 }).map((elements) => ({
  value: null,
  bytes: concat(`>${elements.length}\r\n`, ...elements.map((one) => one.bytes)),
  pushes: [new Push(elements.map((one) => one.value))],
}));

/** A reply of any kind with pushes inside, as old servers write them: each before an element, or before a streamed end. */
export const interrupted: fc.Arbitrary<Said> = fc.letrec<{ reply: Said }>((tie) => ({
  reply: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalars, aggregates(tie("reply"), push)),
})).reply;

function aggregates(element: fc.Arbitrary<Said>, push?: fc.Arbitrary<Said>): fc.Arbitrary<Said> {
  const none = fc.constant<Said[]>([]);
  const gap = push === undefined ? none : fc.oneof(
    { weight: 6, arbitrary: none },
    { weight: 1, arbitrary: fc.array(push, { minLength: 1, maxLength: 2 }) },
  );
  const elements = fc.array(fc.tuple(gap, element), { maxLength: 8 });
  return fc.tuple(elements, fc.constantFrom("*", "~", "%"), fc.boolean(), gap).map(
    ([elements, type, streamed, last]) => {
      if (type === "%" && elements.length % 2 === 1) elements = elements.slice(1);
      const value = elements.map(([, one]) => one.value);
      const all = elements.flatMap(([gap, one]) => [...gap, one]);
      const count = type === "%" ? value.length / 2 : value.length;
      const whole = streamed ? [...all, ...last, said(null, ".\r\n")] : all;
      return {
        value,
        bytes: concat(`${type}${streamed ? "?" : count}\r\n`, ...whole.map((one) => one.bytes)),
        pushes: whole.flatMap((one) => one.pushes ?? []),
      };
    },
  );
}

/** Attributes or a push in front of a reply, or nothing. */
export const before: fc.Arbitrary<[string | Uint8Array, Push?] | [Uint8Array, Push?]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<[string | Uint8Array, Push?]>([""]) },
  { weight: 1, arbitrary: reply.map((one): [Uint8Array] => [concat("|1\r\n+key\r\n", one.bytes)]) },
  {
    weight: 1,
    arbitrary: reply.map((one): [Uint8Array, Push] => [concat(">1\r\n", one.bytes), new Push([one.value])]),
  },
);

/** Cuts bytes into chunks of the lengths given, over and over. */
export function* chunked(bytes: Uint8Array, lengths: number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length];
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** How long the chunks are, over and over. */
export const chunkLengths: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 1, max: 50 }), {
  minLength: 1,
  maxLength: 10,
});

/** All values that come of the bytes, cut into chunks of the lengths given. */
export function readAll(bytes: Uint8Array, lengths: number[], mode: number): (Reply | Push)[] {
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
