import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type Arg, Encoder } from "../../src/resp/mod.ts";
import { concat, latin1, utf8 } from "../support/bytes.ts";
import { test } from "../support/test.ts";

const HEAD = utf8("$3\r\nSET\r\n");

/** What an encoder gives for one command, joined. */
function encoded(args: readonly unknown[], encoder = new Encoder()): Uint8Array {
  encoder.command(HEAD, 1, args as Arg[], "SET");
  return concat(...encoder.take());
}

/** What it should be, from the bytes of each argument. */
function expected(...args: (string | Uint8Array)[]): Uint8Array {
  const parts: (string | Uint8Array)[] = [`*${args.length + 1}\r\n$3\r\nSET\r\n`];
  for (const arg of args) {
    const bytes = concat(arg);
    parts.push(`$${bytes.length}\r\n`, bytes, "\r\n");
  }
  return concat(...parts);
}

test("strings of every length around the encoder's thresholds, ASCII and not", () => {
  for (const unit of ["a", "é", "字", "😀"]) {
    for (const count of [0, 1, 2, 8, 9, 10, 11, 33, 47, 48, 49, 50, 99, 100, 333, 334, 999, 1000, 9_999, 11_000]) {
      const text = unit.repeat(count);
      assertEquals(encoded([text, "x"]), expected(text, "x"), `${unit} × ${count}`);
      assertEquals(encoded([`a${text}`]), expected(`a${text}`), `a + ${unit} × ${count}`);
      assertEquals(encoded([`${text}a`]), expected(`${text}a`), `${unit} × ${count} + a`);
    }
  }
});

test("a text that ends anywhere near the end of a chunk is there to its last byte", () => {
  for (const unit of ["é", "字", "😀"]) {
    for (const count of [34, 60, 99, 334, 999]) {
      const text = unit.repeat(count);
      const length = utf8(text).length;
      for (let room = length - 10; room < length + 60; room++) {
        const encoder = new Encoder(256, new Uint8Array(Math.max(room, 1)));
        assertEquals(encoded([text, "x"], encoder), expected(text, "x"), `${unit} × ${count} in ${room}`);
      }
    }
  }
});

test("long strings and views", () => {
  for (const length of [16 * 1024, 32 * 1024, 32 * 1024 + 1, 300_000, 2_000_000]) {
    for (const unit of ["a", "é"]) {
      const text = unit.repeat(length);
      assertEquals(encoded(["k", text, "end"]), expected("k", text, "end"), `${unit} × ${length}`);
    }
    const bytes = new Uint8Array(length).map((_, i) => i * 7);
    assertEquals(encoded(["k", bytes, "end"]), expected("k", bytes, "end"), `${length} bytes`);
  }
});

test("line ends, zeros and every character inside values travel as they are", () => {
  const text = "a\r\nb\0\u007f\u0080ÿ\u07ff\u0800\ud7ff\ue000\uffff😀\r\n$3\r\n";
  assertEquals(encoded([text, "\r\n", "\n"]), expected(text, "\r\n", "\n"));
  const every = latin1(String.fromCharCode(...Array(256).keys()));
  assertEquals(encoded([every]), expected(every));
});

test("a byte order mark is data", () => {
  assertEquals(encoded(["\ufeffx"]), expected(Uint8Array.of(0xef, 0xbb, 0xbf, 0x78)));
});

test("numbers in the notation that a server reads", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [-0, "0"],
    [7, "7"],
    [10, "10"],
    [99, "99"],
    [100, "100"],
    [123_456_789, "123456789"],
    [999_999_999, "999999999"],
    [1_000_000_000, "1000000000"],
    [2_147_483_647, "2147483647"],
    [2_147_483_648, "2147483648"],
    [4_294_967_296, "4294967296"],
    [-1, "-1"],
    [-2_147_483_648, "-2147483648"],
    [Number.MAX_SAFE_INTEGER, "9007199254740991"],
    [Number.MIN_SAFE_INTEGER, "-9007199254740991"],
    [2 ** 60, "1152921504606846976"],
    [1e20, "100000000000000000000"],
    [1e21, "1000000000000000000000"],
    [-1e21, "-1000000000000000000000"],
    [2 ** 100, "1267650600228229401496703205376"],
    [0.1, "0.1"],
    [-2.5, "-2.5"],
    [1e-7, "1e-7"],
    [1.5, "1.5"],
    [Infinity, "inf"],
    [-Infinity, "-inf"],
  ];
  for (const [n, text] of cases) assertEquals(encoded([n]), expected(text), text);
  for (let digits = 1, n = 1; digits < 16; digits++, n = n * 10 + digits % 10) {
    assertEquals(encoded([n, -n]), expected(String(n), String(-n)));
  }
});

test("bigints of any size", () => {
  for (const n of [0n, -1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 200n]) {
    assertEquals(encoded([n]), expected(n.toString()));
  }
});

test("any view, byte for byte, with its own offset and length", () => {
  const memory = Uint8Array.from({ length: 64 }, (_, i) => i + 1).buffer;
  const views: ArrayBufferView[] = [
    new Uint8Array(memory, 3, 5),
    new Uint8Array(memory, 8, 0),
    new Uint16Array(memory, 2, 3),
    new Float64Array(memory, 8, 2),
    new BigInt64Array(memory, 16, 1),
    new DataView(memory, 7, 9),
    new Uint8ClampedArray(memory, 1, 2),
  ];
  for (const view of views) {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    assertEquals(encoded([view]), expected(bytes));
  }
});

test("what is taken does not change when the caller changes a view, nor when the encoder goes on", () => {
  const encoder = new Encoder(256);
  for (const length of [4, 100_000]) {
    const view = new Uint8Array(length).fill(65);
    encoder.command(HEAD, 1, ["k", view], "SET");
    const taken = encoder.take();
    view.fill(66);
    for (let i = 0; i < 100; i++) encoder.command(HEAD, 1, ["another", i], "SET");
    encoder.take();
    assertEquals(concat(...taken), expected("k", new Uint8Array(length).fill(65)));
  }
});

test("long texts, wherever a character needs more than a byte", () => {
  const ascii = "x".repeat(70_000);
  const texts = [ascii, ascii + "é", ascii + "\u{1f600}", "\u{1f600}" + ascii, "字".repeat(40_000), "é".repeat(33_000)];
  for (const tail of [0, 1, 2, 3, 4, 5]) texts.push(ascii + "\u{1f600}".repeat(3) + "x".repeat(tail) + "ß");
  const encoder = new Encoder();
  for (const text of texts) {
    encoder.command(HEAD, 1, ["k", text, "after"], "SET");
    const { size } = encoder;
    const whole = concat(...encoder.take());
    assertEquals(size, whole.length);
    assertEquals(whole, expected("k", text, "after"));
  }
});

test("size is what take gives, in the order of the commands", () => {
  const encoder = new Encoder(256);
  assertEquals(encoder.size, 0);
  assertEquals(encoder.take(), []);
  const parts: Uint8Array[] = [];
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i <= round; i++) {
      const args = [`key:${i}`, i * 1_000_003, "v".repeat((i * 37) % 400), new Uint8Array(i % 5)];
      encoder.command(HEAD, 1, args, "SET");
      parts.push(expected(args[0] as string, String(args[1]), args[2] as string, args[3] as Uint8Array));
    }
    const whole = concat(...parts.splice(0));
    assertEquals(encoder.size, whole.length);
    const taken = encoder.take();
    assertEquals(concat(...taken), whole);
    assert(taken.every((piece) => piece.length > 0));
    assertEquals(encoder.size, 0);
  }
});

test("many commands leave in few pieces", () => {
  const encoder = new Encoder();
  for (let i = 0; i < 100_000; i++) encoder.command(HEAD, 1, [`key:${i}`, "value"], "SET");
  const { size } = encoder;
  const pieces = encoder.take();
  assertEquals(pieces.reduce((sum, piece) => sum + piece.length, 0), size);
  assert(pieces.length < 25, `${pieces.length} pieces for ${size} bytes`);
});

test("the head's words are counted", () => {
  const encoder = new Encoder();
  encoder.command(utf8("$6\r\nCONFIG\r\n$3\r\nGET\r\n"), 2, Array(98).fill("x"), "CONFIG GET");
  assert(
    new TextDecoder().decode(concat(...encoder.take())).startsWith("*100\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$1\r\nx\r\n"),
  );
});

const REFUSED: [unknown, string][] = [
  [undefined, "undefined"],
  [null, "null"],
  [NaN, "NaN"],
  [true, "a boolean"],
  [{}, "an object"],
  [["secret"], "an array"],
  [new Date(0), "an object"],
  [Symbol("secret"), "a symbol"],
  [() => "secret", "a function"],
  [new ArrayBuffer(3), "an ArrayBuffer"],
  ["secret\ud800", "half a surrogate pair"],
  ["\udc00secret", "half a surrogate pair"],
  ["\udc00\ud800", "half a surrogate pair"],
  ["secret".repeat(100) + "\ud83d", "half a surrogate pair"],
  ["secret".repeat(20_000) + "\ud83d", "half a surrogate pair"],
  ["字".repeat(20_000) + "\ud83d", "half a surrogate pair"],
];

test("what cannot be sent is refused by name and place, and nothing of the command is kept", () => {
  for (const [value, shown] of REFUSED) {
    const encoder = new Encoder(256);
    encoder.command(HEAD, 1, ["before", "1"], "SET");
    const { size } = encoder;
    const error = assertThrows(
      () => encoder.command(HEAD, 1, ["k".repeat(500), new Uint8Array(100_000), value as Arg], "SET"),
      TypeError,
    );
    assertStringIncludes(error.message, "SET: argument 3 is ");
    assertStringIncludes(error.message, shown);
    assert(!error.message.includes("secret"), error.message);
    assertEquals(encoder.size, size);
    encoder.command(HEAD, 1, ["after", "2"], "SET");
    assertEquals(concat(...encoder.take()), concat(expected("before", "1"), expected("after", "2")));
  }
});

test("bytes whose memory was given away or has shrunk are refused, empty ones are sent", () => {
  const encoder = new Encoder();
  const shrunk = new ArrayBuffer(8, { maxByteLength: 8 });
  const given = new ArrayBuffer(8);
  const views: ArrayBufferView[] = [
    new Uint8Array(given),
    new Uint8Array(given, 8),
    new DataView(given),
    new Float64Array(given),
    new Uint8Array(shrunk, 4, 4),
    new Uint16Array(shrunk, 4),
    new DataView(shrunk, 4, 4),
  ];
  const rest = new Uint8Array(shrunk);
  structuredClone(given, { transfer: [given] });
  shrunk.resize(2);
  for (const view of views) {
    const error = assertThrows(() => encoder.command(HEAD, 1, ["k", view], "SET"), TypeError);
    assertStringIncludes(error.message, "SET: argument 2 is bytes whose memory was given away or has shrunk");
    assertEquals(encoder.size, 0);
  }
  assertEquals(encoded(["k", rest]), expected("k", new Uint8Array(2)));
  for (const empty of [new Uint8Array(shrunk, 1, 0), new Uint16Array(0), new DataView(shrunk, 2, 0)]) {
    assertEquals(encoded(["k", empty]), expected("k", ""));
  }
});

test("an argument that a server would not take is refused", () => {
  const encoder = new Encoder();
  const view = new Uint8Array(512 * 1024 * 1024 + 1);
  const error = assertThrows(() => encoder.command(HEAD, 1, ["k", view], "SET"), RangeError);
  assertStringIncludes(error.message, "SET: argument 2 is longer than 512 MiB");
  assertEquals(encoder.size, 0);
});

test("what is left of a chunk serves another encoder, and neither writes where the other does", () => {
  const get = utf8("$3\r\nGET\r\n");
  const first = new Encoder(256, new Uint8Array(1000));
  first.command(get, 1, ["one"], "GET");
  const taken = first.take();
  first.command(get, 1, ["two"], "GET");
  const rest = first.surrender();
  const second = new Encoder(256, rest);
  for (let i = 0; i < 100; i++) {
    second.command(get, 1, [`second ${i}`], "GET");
    first.command(get, 1, [`first ${i}`], "GET");
  }
  const wire = (name: string) => `*2\r\n$3\r\nGET\r\n$${name.length}\r\n${name}\r\n`;
  const all = (names: string[]) => concat(...names.map(wire));
  assertEquals(concat(...taken), all(["one"]));
  assertEquals(concat(...first.take()), all(["two", ...Array.from({ length: 100 }, (_, i) => `first ${i}`)]));
  assertEquals(concat(...second.take()), all(Array.from({ length: 100 }, (_, i) => `second ${i}`)));
  assertEquals(first.surrender().length + second.surrender().length < 2 * 256 * 1024, true);
});

test("a command with one long argument leaves in one piece, with what little comes before it", () => {
  for (const value of ["x".repeat(70_000), new Uint8Array(70_000).fill(120)]) {
    const encoder = new Encoder(256);
    encoder.command(HEAD, 1, ["before", "1"], "SET");
    encoder.command(HEAD, 1, ["k", value], "SET");
    const pieces = encoder.take();
    assertEquals(pieces.length, 1);
    assertEquals(pieces[0], concat(expected("before", "1"), expected("k", value)));
  }
});

test("much that comes before a long argument is not copied", () => {
  const encoder = new Encoder(256 * 1024);
  const before = Array.from({ length: 1000 }, (_, i) => `value ${i}`.padEnd(100));
  for (const value of before) encoder.command(HEAD, 1, ["k", value], "SET");
  const { size } = encoder;
  encoder.command(HEAD, 1, ["k", "x".repeat(70_000), "PX", 5], "SET");
  const pieces = encoder.take();
  assert(pieces[0]!.length >= size, `${pieces[0]!.length}`);
  const commands = [...before.map((value) => expected("k", value)), expected("k", "x".repeat(70_000), "PX", "5")];
  assertEquals(concat(...pieces), concat(...commands));
});

test("memory is used again where that is asked for, and never while bytes wait", () => {
  const encoder = new Encoder(256);
  encoder.command(HEAD, 1, ["k", "1"], "SET");
  encoder.reuse();
  encoder.command(HEAD, 1, ["k", "2"], "SET");
  const [first] = encoder.take();
  assertEquals(first, concat(expected("k", "1"), expected("k", "2")));
  encoder.reuse();
  encoder.command(HEAD, 1, ["k", "3"], "SET");
  const [second] = encoder.take();
  assertEquals(second, expected("k", "3"));
  assertEquals([second!.buffer, second!.byteOffset], [first!.buffer, first!.byteOffset]);
});

test("a long argument is written where the last one was, once that has left", () => {
  const encoder = new Encoder();
  const long = (letter: string, length = 70_000) => letter.repeat(length);
  const pieceOf = (...args: Arg[]): Uint8Array => {
    encoder.command(HEAD, 1, args, "SET");
    const pieces = encoder.take();
    assertEquals(concat(...pieces), concat(expected(...args.map((arg) => String(arg)))));
    return pieces.find((piece) => piece.length > 60_000)!;
  };
  const first = pieceOf("k", long("a"));
  // Nobody has said that the first has left.
  const second = pieceOf("k", long("b"));
  assert(second.buffer !== first.buffer);
  assertEquals(concat(first), expected("k", long("a")));
  encoder.reuse();
  const third = pieceOf("k", long("c", 65_000));
  assertEquals(third.buffer, first.buffer);
  encoder.reuse();
  // Two at once, one of them beyond ASCII, and one that is refused when its place was taken already.
  assertThrows(() => encoder.command(HEAD, 1, [long("d"), NaN], "SET"), TypeError);
  const text = "\u00e9".repeat(40_000);
  encoder.command(HEAD, 1, [long("e"), long("f")], "SET");
  encoder.command(HEAD, 1, ["k", text], "SET");
  assertEquals(concat(...encoder.take()), concat(expected(long("e"), long("f")), expected("k", text)));
  encoder.reuse();
  assertEquals(pieceOf("k", long("g")).buffer, first.buffer);
  // A transport took it for good.
  structuredClone(first.buffer, { transfer: [first.buffer as ArrayBuffer] });
  encoder.reuse();
  assertEquals(concat(pieceOf("k", long("h"))), expected("k", long("h")));
  // Nobody is to keep this much.
  encoder.reuse();
  const huge = pieceOf("k", long("i", 17 * 1024 * 1024));
  encoder.reuse();
  assert(pieceOf("k", long("j")).buffer !== huge.buffer);
});

test("an encoder whose memory a transport took for good goes on with other memory", () => {
  const encoder = new Encoder(256);
  encoder.append([new Uint8Array(256)]);
  const [taken] = encoder.take();
  assertEquals([taken!.byteLength, taken!.buffer.byteLength], [256, 256]);
  structuredClone(taken!.buffer, { transfer: [taken!.buffer as ArrayBuffer] });
  assertEquals(taken!.byteLength, 0);
  // Nor has it anything left for another one, or another one that begins with it.
  assertEquals([encoder.surrender().length, new Encoder(256, taken).surrender().length], [0, 0]);
  encoder.reuse();
  encoder.command(HEAD, 1, ["k", "v"], "SET");
  encoder.append([Uint8Array.of(1, 2)]);
  assertEquals(concat(...encoder.take()), concat(expected("k", "v"), Uint8Array.of(1, 2)));
});
