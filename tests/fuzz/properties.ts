/**
 * What holds of any input: properties for the tests (few inputs each time) and for the long run (millions).
 *
 * @module
 */
import fc from "fast-check";
import {
  type Arg,
  BYTES,
  Decoder,
  Encoder,
  NEED_MORE,
  ProtocolError,
  type Push,
  type Reply,
} from "../../src/resp/mod.ts";
import { readOptions } from "../../src/client/options.ts";
import { parseUrl } from "../../src/client/url.ts";
import { concat, utf8 } from "../support/bytes.ts";
import { before, chunked, chunkLengths, interrupted, readAll } from "../support/said.ts";

/** A property, and how large a share of the inputs it gets. */
export interface Fuzz {
  readonly name: string;
  readonly share: number;
  readonly property: fc.IRawProperty<unknown>;
}

function fail(what: string): never {
  throw new Error(what);
}

/** The same value? Plain data, as replies are. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a.constructor !== b.constructor) return false;
  if (a instanceof Error) return a.message === (b as Error).message;
  const left = Object.entries(a);
  const right = b as Record<string, unknown>;
  return left.length === Object.keys(b).length && left.every(([key, value]) => same(value, right[key]));
}

/** What comes of bytes that may be anything: values, and how it ended. */
function outcome(bytes: Uint8Array, lengths: number[], mode: number): (Reply | Push | string)[] {
  const decoder = new Decoder();
  const values: (Reply | Push | string)[] = [];
  try {
    for (const chunk of chunked(bytes, lengths)) {
      decoder.feed(chunk);
      for (let value = decoder.read(mode); value !== NEED_MORE; value = decoder.read(mode)) values.push(value);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    if (error.offset > bytes.length) fail("the offset is beyond what came");
    values.push(String(error));
  }
  return values;
}

/** The bytes that the protocol is made of, more often than others. */
const protocol = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...utf8("$:+-*_#,(!=%~|>;.?0123456789abtf")) },
  { weight: 2, arbitrary: fc.constantFrom(13, 10) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
);
const garbage = fc.oneof(
  fc.array(protocol, { maxLength: 40 }).map((codes) => Uint8Array.from(codes)),
  fc.uint8Array({ maxLength: 40 }),
);

/** A reply with something wrong in the middle: a byte changed, taken out or put in. */
const damaged = fc.tuple(interrupted, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 2)).map(
  ([{ bytes }, where, byte, how]) => {
    const at = where % (bytes.length + 1);
    return concat(bytes.subarray(0, at), how === 2 ? "" : Uint8Array.of(byte), bytes.subarray(how === 1 ? at : at + 1));
  },
);

const hostile = fc.property(
  fc.oneof(garbage, damaged),
  chunkLengths,
  fc.constantFrom(0, BYTES),
  (bytes, lengths, mode) => {
    const whole = outcome(bytes, [bytes.length + 1], mode);
    if (!same(outcome(bytes, lengths, mode), whole)) fail("chunks change what bytes mean");
  },
);

const trips = fc.property(
  fc.array(fc.tuple(before, interrupted), { maxLength: 4 }),
  chunkLengths,
  (sequence, lengths) => {
    const bytes = concat(...sequence.flatMap(([[first], { bytes }]) => [first, bytes]));
    const values = sequence.flatMap((
      [[, push], { value, pushes }],
    ) => [...(push ? [push] : []), ...(pushes ?? []), value]);
    if (!same(readAll(bytes, lengths, 0), values)) fail("a reply is not read as what it is");
  },
);

const splits = fc.property(interrupted, ({ value, bytes, pushes = [] }) => {
  if (bytes.length > 200) return;
  const values = [...pushes, value];
  for (let at = 1; at < bytes.length; at++) {
    if (!same(readAll(bytes, [at, bytes.length], 0), values)) fail(`a reply cut at ${at} is not read as what it is`);
  }
  if (!same(readAll(bytes, [1], 0), values)) fail("a reply that comes byte by byte is not read as what it is");
});

const arg: fc.Arbitrary<Arg> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.uint8Array({ maxLength: 60 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.bigInt(),
);

function asText(one: Arg): string | Uint8Array {
  if (ArrayBuffer.isView(one)) return one as Uint8Array;
  return typeof one === "number" && Number.isInteger(one) ? BigInt(one).toString() : String(one);
}

const encoded = fc.property(
  fc.array(fc.array(arg, { maxLength: 6 }), { maxLength: 4 }),
  chunkLengths,
  (commands, lengths) => {
    const encoder = new Encoder(256);
    for (const args of commands) encoder.command(utf8("$4\r\nECHO\r\n"), 1, args, "ECHO");
    const wanted = commands.map((args) => [utf8("ECHO"), ...args.map((one) => concat(asText(one)))]);
    if (!same(readAll(concat(...encoder.take()), lengths, BYTES), wanted)) {
      fail(
        "a command is not what it was told to be",
      );
    }
  },
);

/** Only the caller's mistakes, in words that tell no secret. */
function refusesWell(secret: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    if (secret !== "" && error.message.includes(secret)) fail("the message tells the secret");
  }
}

const secret = fc.stringMatching(/^[A-Za-z0-9]{12,20}$/);
const oddities = fc.string({ unit: fc.constantFrom(..."/:@?#[]%&=. 0159aZ\\\u00e9\0"), maxLength: 12 });
const urls = fc.property(
  secret,
  fc.constantFrom("redis://", "rediss://", "unix://", "redis+unix:", "valkey://", "http://", "redis:", "", "://"),
  oddities,
  oddities,
  fc.constantFrom("?database=", "?protocol=", "?clientName=", "?tls=", "?password=", "?"),
  (password, scheme, user, host, option) => {
    refusesWell(password, () => parseUrl(`${scheme}${user}:${password}@${host}${option}${user}`));
    refusesWell(password, () => parseUrl(`${scheme}${user}:${password}%@${host}`));
    refusesWell("", () => parseUrl(`${scheme}${host}${user}`));
  },
);

const names = [
  ..."url hostname port path tls username password credentials database protocol clientName connectTimeout".split(" "),
  ..."silenceTimeout queueTimeout queueLimit retryFor maxPending overflow timeout backoff keepAlive limits onState"
    .split(" "),
];
const anything = fc.oneof(
  fc.anything({ maxDepth: 1 }),
  fc.integer(),
  fc.double(),
  fc.string(),
  fc.constantFrom(true, false, null),
);
const options = fc.property(
  secret,
  fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), anything, { maxKeys: 4 }),
  (password, given) => {
    refusesWell(password, () => readOptions({ ...given, password }));
    refusesWell("", () => readOptions(given));
  },
);

/** All of them. */
export const FUZZ: readonly Fuzz[] = [
  { name: "hostile bytes", share: 0.6, property: hostile },
  { name: "replies over any chunks", share: 0.05, property: trips },
  { name: "replies cut everywhere", share: 0.02, property: splits },
  { name: "commands", share: 0.1, property: encoded },
  { name: "URLs", share: 0.13, property: urls },
  { name: "options", share: 0.1, property: options },
];
