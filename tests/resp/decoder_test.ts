import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { BIGINTS, BYTES, Decoder, NEED_MORE, Push, type Reply, ReplyError } from "../../src/resp/mod.ts";
import { concat, type Cut, cuts, latin1, lend, utf8 } from "../support/bytes.ts";
import { test } from "../support/test.ts";

type Value = Reply | Push;

/** All that a decoder reads from the chunks, and whether each reply held an unsafe integer. */
function readAll(chunks: Uint8Array[], mode = 0, decoder = new Decoder()): { values: Value[]; unsafe: boolean[] } {
  const values: Value[] = [];
  const unsafe: boolean[] = [];
  for (const chunk of chunks) {
    lend(chunk, (lent) => {
      decoder.feed(lent);
      for (let value = decoder.read(mode); value !== NEED_MORE; value = decoder.read(mode)) {
        values.push(value);
        unsafe.push(decoder.sawUnsafe);
      }
    });
  }
  return { values, unsafe };
}

/** Holds a reply against every way that its bytes may come, alone and with others behind it. */
function assertReads(bytes: string | Uint8Array, expected: Value, mode = 0): void {
  const check = ({ how, chunks }: Cut, values: Value[]) =>
    assertEquals(readAll(chunks, mode).values, values, `${JSON.stringify(bytes)} ${how}`);
  for (const cut of cuts(bytes)) check(cut, [expected]);
  const twice = concat(bytes, bytes, ":42\r\n");
  const last = (mode & BIGINTS) !== 0 ? 42n : 42;
  for (const cut of cuts(twice)) check(cut, [expected, expected, last]);
  for (const rest of [":", "$3\r\nab", "*2\r\n:1\r\n"]) {
    const whole = concat(bytes, rest);
    check({ how: `before ${JSON.stringify(rest)}`, chunks: [whole] }, [expected]);
  }
}

const error = (line: string) => new ReplyError(line);

test("statuses and errors", () => {
  assertReads("+OK\r\n", "OK");
  assertReads("+\r\n", "");
  assertReads("+O\r\n", "O");
  assertReads("+OKAY\r\n", "OKAY");
  assertReads("+12\r\n", "12");
  assertReads(
    "+Background saving started by a rather long status line\r\n",
    "Background saving started by a rather long status line",
  );
  assertReads("+grün\r\n", "grün");
  assertReads("-ERR unknown command\r\n", error("ERR unknown command"));
  assertReads("-WRONGTYPE Operation against a key\r\n", error("WRONGTYPE Operation against a key"));
  assertReads("!21\r\nSYNTAX invalid syntax\r\n", error("SYNTAX invalid syntax"));
  assertReads("!9\r\nERR a\r\nb\n\r\n", error("ERR a\r\nb\n"));
});

test("integers", () => {
  for (const n of [0, 1, 9, 10, 123456789, 999999999, 1000000000, 2147483648, 9007199254740991]) {
    assertReads(`:${n}\r\n`, n);
    if (n > 0) assertReads(`:-${n}\r\n`, -n);
  }
  assertReads(":+5\r\n", 5);
  assertReads(":-0\r\n", 0);
  assertReads(":007\r\n", 7);
  assertReads(":0000000000000000000000007\r\n", 7);
});

test("integers beyond 2^53 become bigints, and say so", () => {
  const cases: [string, Reply, boolean][] = [
    ["9007199254740991", 9007199254740991, false],
    ["-9007199254740991", -9007199254740991, false],
    ["9007199254740992", 9007199254740992n, true],
    ["9007199254740993", 9007199254740993n, true],
    ["-9007199254740992", -9007199254740992n, true],
    ["-9007199254740993", -9007199254740993n, true],
    ["+9007199254740993", 9007199254740993n, true],
    ["9223372036854775807", 9223372036854775807n, true],
    ["-9223372036854775808", -9223372036854775808n, true],
  ];
  for (const [text, value, unsafe] of cases) {
    assertReads(`:${text}\r\n`, value);
    assertReads(`:${text}\r\n`, BigInt(text.replace("+", "")), BIGINTS);
    for (const { how, chunks } of cuts(`:${text}\r\n:1\r\n*2\r\n:1\r\n*1\r\n:${text}\r\n+OK\r\n`)) {
      assertEquals(readAll(chunks).unsafe, [unsafe, false, unsafe, false], `${text} ${how}`);
      assertEquals(readAll(chunks, BIGINTS).unsafe, [false, false, false, false], `${text} ${how}`);
    }
  }
});

test("with BIGINTS every integer is a bigint, and nothing else is", () => {
  assertReads("*4\r\n:1\r\n:-1\r\n$1\r\n1\r\n,1\r\n", [1n, -1n, "1", 1], BIGINTS);
});

test("strings", () => {
  assertReads("$0\r\n\r\n", "");
  assertReads("$5\r\nhello\r\n", "hello");
  assertReads("$05\r\nhello\r\n", "hello");
  assertReads("$8\r\na\r\nb\r\n\r\n\r\n", "a\r\nb\r\n\r\n");
  assertReads("$9\r\n$3\r\nabc\r\n\r\n", "$3\r\nabc\r\n");
  for (const text of ["é", "字", "😀", "\ufeffx", "\0", "naïve façade ".repeat(5), "x".repeat(200), "字".repeat(100)]) {
    assertReads(`$${utf8(text).length}\r\n${text}\r\n`, text);
  }
  assertReads("=15\r\ntxt:Some string\r\n", "Some string");
  assertReads("=4\r\nmkd:\r\n", "");
});

test("bytes that are not UTF-8 become U+FFFD in strings and stay what they are as bytes", () => {
  const every = latin1(String.fromCharCode(...Array(256).keys()));
  const reply = concat("$256\r\n", every, "\r\n");
  assertReads(reply, every, BYTES);
  assertReads(reply, new TextDecoder("utf-8", { ignoreBOM: true }).decode(every));
  assertReads(concat("$2\r\n", latin1("\xff\xc3"), "\r\n"), "\ufffd\ufffd");
});

test("with BYTES the strings are bytes of their own; statuses and errors stay strings", () => {
  assertReads("$5\r\nhello\r\n", utf8("hello"), BYTES);
  assertReads("$0\r\n\r\n", new Uint8Array(0), BYTES);
  assertReads("=9\r\ntxt:hello\r\n", utf8("hello"), BYTES);
  assertReads("$?\r\n;2\r\nhe\r\n;3\r\nllo\r\n;0\r\n", utf8("hello"), BYTES);
  assertReads(
    "*4\r\n$1\r\na\r\n+OK\r\n-ERR x\r\n!5\r\nERR y\r\n",
    [utf8("a"), "OK", error("ERR x"), error("ERR y")],
    BYTES,
  );
  for (const { how, chunks } of cuts("$5\r\nhello\r\n*1\r\n$2\r\nhe\r\n")) {
    const [one, two] = readAll(chunks, BYTES).values as [Uint8Array, Uint8Array[]];
    assertStrictEquals(one.constructor, Uint8Array);
    assertEquals([one.buffer.byteLength, two[0].buffer.byteLength], [5, 2], `memory of its own, ${how}`);
  }
});

test("chunks of a subclass, at any offset in their memory, give plain bytes", () => {
  class Sub extends Uint8Array {}
  const memory = concat("???", "$5\r\nhello\r\n", "???");
  const decoder = new Decoder();
  decoder.feed(new Sub(memory.buffer as ArrayBuffer, 3, 11));
  const value = decoder.read(BYTES);
  memory.fill(0);
  assertEquals(value, utf8("hello"));
  assertStrictEquals((value as Uint8Array).constructor, Uint8Array);
});

test("nulls, booleans, doubles, big numbers", () => {
  for (const spelling of ["$-1\r\n", "*-1\r\n", "_\r\n"]) assertReads(spelling, null);
  assertReads("#t\r\n", true);
  assertReads("#f\r\n", false);
  const doubles: [string, number][] = [
    ["1.5", 1.5],
    ["10", 10],
    ["-3", -3],
    ["-0", -0],
    ["0", 0],
    ["+2.5", 2.5],
    ["1e+21", 1e21],
    ["1.5E-7", 1.5e-7],
    [".5", 0.5],
    ["5.", 5],
    ["0.10000000000000001", 0.1],
    ["123456789012", 123456789012],
    ["inf", Infinity],
    ["+inf", Infinity],
    ["-inf", -Infinity],
    ["nan", NaN],
    ["-nan", NaN],
    ["1e999", Infinity],
  ];
  for (const [text, value] of doubles) assertReads(`,${text}\r\n`, value);
  assertReads("(0\r\n", 0n);
  assertReads("(-5\r\n", -5n);
  assertReads("(+5\r\n", 5n);
  assertReads("(3492890328409238509324850943850943825024385\r\n", 3492890328409238509324850943850943825024385n);
});

test("aggregates, empty, nested and of every kind", () => {
  assertReads("*0\r\n", []);
  assertReads("%0\r\n", []);
  assertReads("~0\r\n", []);
  assertReads("*1\r\n*0\r\n", [[]]);
  assertReads("*3\r\n*1\r\n*1\r\n*0\r\n:1\r\n*0\r\n", [[[[]]], 1, []]);
  assertReads("*3\r\n$1\r\na\r\n$-1\r\n*-1\r\n", ["a", null, null]);
  assertReads("%2\r\n+a\r\n:1\r\n$1\r\nb\r\n%1\r\n:1\r\n:2\r\n", ["a", 1, "b", [1, 2]]);
  assertReads("~2\r\n#t\r\n~1\r\n,1.5\r\n", [true, [1.5]]);
  assertReads("*2\r\n-ERR x\r\n:1\r\n", [error("ERR x"), 1]);
  assertReads("*02\r\n:1\r\n:2\r\n", [1, 2]);
});

test("streamed strings and aggregates", () => {
  assertReads("$?\r\n;0\r\n", "");
  assertReads("$?\r\n;4\r\nHell\r\n;5\r\no wor\r\n;1\r\nd\r\n;0\r\n", "Hello word");
  assertReads("*?\r\n.\r\n", []);
  assertReads("*?\r\n:1\r\n*?\r\n+a\r\n.\r\n$?\r\n;2\r\n\r\n\r\n;0\r\n.\r\n", [1, ["a"], "\r\n"]);
  assertReads("%?\r\n+a\r\n:1\r\n+b\r\n*0\r\n.\r\n", ["a", 1, "b", []]);
  assertReads("~?\r\n:1\r\n.\r\n", [1]);
  const cut = concat("$?\r\n;1\r\n", latin1("\xc3"), "\r\n;1\r\n", latin1("\xa9"), "\r\n;0\r\n");
  assertReads(cut, "é");
});

test("pushes come between replies, in a mode of their own", () => {
  const bytes = ">2\r\n+a\r\n$1\r\nb\r\n*1\r\n$1\r\nc\r\n>0\r\n>1\r\n:1\r\n$1\r\nd\r\n";
  for (const { how, chunks } of cuts(bytes)) {
    const expected = (c: Reply, b: Reply, n: Reply, d: Reply) => [
      new Push(["a", b]),
      [c],
      new Push([]),
      new Push([n]),
      d,
    ];
    assertEquals(readAll(chunks).values, expected("c", "b", 1, "d"), how);
    assertEquals(readAll(chunks, BYTES).values, expected(utf8("c"), "b", 1, utf8("d")), how);
    const decoder = new Decoder();
    decoder.pushMode = BYTES | BIGINTS;
    assertEquals(readAll(chunks, 0, decoder).values, expected("c", utf8("b"), 1n, "d"), how);
    assertInstanceOf(readAll(chunks).values[0], Push);
  }
});

test("a push inside a reply is given first, and the reply is whole", () => {
  const one = ">2\r\n$1\r\nm\r\n*1\r\n:7\r\n";
  const none = ">0\r\n";
  const deep = ">1\r\n*2\r\n*1\r\n+x\r\n%1\r\n+k\r\n_\r\n";
  const cases: [string, Reply][] = [
    ["*3\r\n:1\r\n@:1\r\n$1\r\n1\r\n", [1, 1, "1"]],
    ["*2\r\n@$1\r\na\r\n:2\r\n", ["a", 2]],
    ["%2\r\n$1\r\na\r\n@:1\r\n@+b\r\n:2\r\n", ["a", 1, "b", 2]],
    ["*2\r\n*2\r\n:1\r\n@*1\r\n@:2\r\n@*1\r\n:3\r\n", [[1, [2]], [3]]],
    ["*?\r\n@:1\r\n@.\r\n", [1]],
    ["%?\r\n$1\r\na\r\n@~?\r\n@.\r\n@.\r\n", ["a", []]],
    ["*2\r\n@-ERR no\r\n@$?\r\n;1\r\na\r\n;0\r\n", [error("ERR no"), "a"]],
    ["*2\r\n@|1\r\n+a\r\n@:1\r\n@:9\r\n:2\r\n", [9, 2]],
  ];
  const asBytes = (value: Reply): Reply =>
    typeof value === "string" && value !== "b" ? utf8(value) : Array.isArray(value) ? value.map(asBytes) : value;
  const limits = { depth: 6, elements: 4, bulk: 4 };
  const read = (chunks: Uint8Array[], mode: number, pushMode: number): Value[] => {
    const decoder = new Decoder(limits);
    decoder.pushMode = pushMode;
    return readAll(chunks, mode, decoder).values;
  };
  for (const [text, value] of cases) {
    const places = text.split("@").length - 1;
    for (
      const [push, textual, binary] of [
        [one, [new Push(["m", [7]])], [new Push([utf8("m"), [7n]])]],
        [one + none, [new Push(["m", [7]]), new Push([])], [new Push([utf8("m"), [7n]]), new Push([])]],
        [deep, [new Push([[["x"], ["k", null]]])], [new Push([[["x"], ["k", null]]])]],
      ] as const
    ) {
      const bytes = text.replaceAll("@", push) + "$2\r\nok\r\n";
      const pushed = (pushes: readonly Push[]) => Array.from({ length: places }, () => pushes).flat();
      for (const { how, chunks } of cuts(bytes)) {
        const what = `${JSON.stringify(bytes)} ${how}`;
        assertEquals(read(chunks, 0, 0), [...pushed(textual), value, "ok"], what);
        assertEquals(read(chunks, 0, BYTES | BIGINTS), [...pushed(binary), value, "ok"], what);
        assertEquals(read(chunks, BYTES, 0), [...pushed(textual), asBytes(value), utf8("ok")], what);
      }
    }
  }
});

test("a push inside a reply marks it as little as it counts, and says where it stands", () => {
  const bytes =
    "*2\r\n>1\r\n:9007199254740993\r\n:1\r\n:2\r\n*2\r\n:9007199254740993\r\n>1\r\n:1\r\n:2\r\n>0\r\n:3\r\n";
  for (const { how, chunks } of cuts(bytes)) {
    const decoder = new Decoder();
    const read: unknown[] = [];
    for (const chunk of chunks) {
      decoder.feed(chunk);
      for (let value = decoder.read(0); value !== NEED_MORE; value = decoder.read(0)) {
        read.push(value instanceof Push ? decoder.inside : decoder.sawUnsafe);
      }
    }
    assertEquals(read, [true, false, true, true, false, false], how);
  }
});

test("attributes are set aside, wherever they stand", () => {
  const cases: [string, Value, Reply[] | null][] = [
    [":1\r\n", 1, null],
    ["|1\r\n+ttl\r\n:3600\r\n:1\r\n", 1, ["ttl", 3600]],
    ["|0\r\n:1\r\n", 1, []],
    ["*2\r\n|1\r\n+k\r\n*1\r\n+v\r\n:1\r\n:2\r\n", [1, 2], ["k", ["v"]]],
    ["|1\r\n+a\r\n:1\r\n*1\r\n|1\r\n+b\r\n:2\r\n:7\r\n", [7], ["a", 1, "b", 2]],
    ["|1\r\n+a\r\n:1\r\n|1\r\n+b\r\n:2\r\n:7\r\n", 7, ["a", 1, "b", 2]],
    ["|?\r\n+a\r\n:1\r\n.\r\n*?\r\n|1\r\n+b\r\n:2\r\n:7\r\n.\r\n", [7], ["a", 1, "b", 2]],
    ["|1\r\n+a\r\n:1\r\n>1\r\n+m\r\n", new Push(["m"]), ["a", 1]],
    ["|1\r\n|1\r\n+x\r\n:0\r\n+a\r\n:1\r\n:5\r\n", 5, ["x", 0, "a", 1]],
  ];
  for (const [bytes, value, attributes] of cases) {
    assertReads(bytes, value);
    for (const { how, chunks } of cuts(bytes)) {
      const decoder = new Decoder();
      readAll(chunks, 0, decoder);
      assertEquals(decoder.attributes, attributes, `${JSON.stringify(bytes)} ${how}`);
      readAll([utf8(":1\r\n")], 0, decoder);
      assertEquals(decoder.attributes, null, "gone with the next reply");
    }
  }
});

test("an unsafe integer in an attribute does not mark the reply", () => {
  for (const { how, chunks } of cuts("*2\r\n|1\r\n+k\r\n:9007199254740993\r\n:1\r\n:2\r\n")) {
    assertEquals(readAll(chunks).unsafe, [false], how);
  }
});

test("the mode in which the first line of a reply is read holds for all of it", () => {
  const bytes = utf8("*2\r\n$3\r\nabc\r\n$3\r\ndef\r\n$10\r\n0123456789\r\n");
  for (let at = 1; at < bytes.length; at++) {
    const decoder = new Decoder();
    const values: Value[] = [];
    for (const [chunk, other] of [[bytes.subarray(0, at), 0], [bytes.subarray(at), BYTES]] as const) {
      decoder.feed(chunk);
      // The second chunk is read in another mode; only replies that begin in it may notice.
      for (let value = decoder.read(other); value !== NEED_MORE; value = decoder.read(other)) values.push(value);
    }
    const [first, second] = values;
    assertEquals(first, at < 4 ? [utf8("abc"), utf8("def")] : ["abc", "def"], `cut at ${at}`);
    assertEquals(second, at >= 27 ? "0123456789" : utf8("0123456789"), `cut at ${at}`);
  }
});

test("a caller who does not read all of a chunk before the next loses nothing", () => {
  const bytes = utf8("+OK\r\n$5\r\nhello\r\n*2\r\n:1\r\n$3\r\nabc\r\n:12345\r\n");
  for (let first = 1; first < bytes.length; first++) {
    for (let second = first; second <= bytes.length; second += 3) {
      const decoder = new Decoder();
      const values: Value[] = [];
      const read = (most: number) => {
        for (let i = 0; i < most; i++) {
          const value = decoder.read(0);
          if (value === NEED_MORE) return;
          values.push(value);
        }
      };
      decoder.feed(bytes.subarray(0, first));
      read(second % 3);
      decoder.feed(bytes.subarray(first, second));
      read(first % 2);
      decoder.feed(bytes.subarray(second));
      read(10);
      assertEquals(values, ["OK", "hello", [1, "abc"], 12345], `cut at ${first} and ${second}`);
    }
  }
});

test("an empty chunk changes nothing", () => {
  const decoder = new Decoder();
  assertStrictEquals(decoder.read(0), NEED_MORE);
  decoder.feed(new Uint8Array(0));
  assertStrictEquals(decoder.read(0), NEED_MORE);
  decoder.feed(utf8("$5\r\nhe"));
  assertStrictEquals(decoder.read(0), NEED_MORE);
  decoder.feed(new Uint8Array(0));
  assertStrictEquals(decoder.read(0), NEED_MORE);
  decoder.feed(utf8("llo\r\n"));
  assertEquals(decoder.read(0), "hello");
});

test("large aggregates of strings, plain and not, valid and not, over any chunks", () => {
  const contents = Array.from({ length: 3000 }, (_, i) => {
    if (i % 500 === 499) return utf8("long ".repeat(400 + i));
    if (i % 1100 > 1000) return concat(`value ${i} `, latin1("\xff\xc3"));
    if (i % 97 === 96 || i % 300 > 200) return utf8(`字 ${i} é 😀`);
    return utf8(`value:${i}`.repeat(i % 7));
  });
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const texts = contents.map((content) => decoder.decode(content));
  for (const mixed of [false, true]) {
    const between: Reply[] = mixed ? ["grün", null, -5] : [];
    const bytes = concat(
      `*${contents.length * (1 + between.length)}\r\n`,
      ...contents.flatMap((one) => [`$${one.length}\r\n`, one, "\r\n", mixed ? "+grün\r\n$-1\r\n:-5\r\n" : ""]),
    );
    for (const size of [1, 7, 100, 1000, 8192, 65536, bytes.length]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
      assertEquals(readAll(chunks).values, [texts.flatMap((one) => [one, ...between])], `chunks of ${size}`);
      assertEquals(readAll(chunks, BYTES).values, [contents.flatMap((one) => [one, ...between])], `bytes, ${size}`);
    }
  }
});

test("large strings over any chunks", () => {
  const text = "0123456789abcdef".repeat(20_000) + "é";
  const bytes = concat(`$${utf8(text).length}\r\n${text}\r\n+OK\r\n`);
  for (const size of [1000, 65536, bytes.length - 6, bytes.length]) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
    const decoder = new Decoder();
    for (let round = 0; round < 3; round++) {
      assertEquals(readAll(chunks, 0, decoder).values, [text, "OK"]);
      assertEquals(readAll(chunks, BYTES, decoder).values, [utf8(text), "OK"]);
    }
  }
});

test("what is read into the room that a decoder offers is kept without a copy", () => {
  const content = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
  const wire = concat("$300000\r\n", content, "\r\n+OK\r\n");
  for (const size of [5, 1000, 65_536, 299_990]) {
    const decoder = new Decoder();
    let bytes: Uint8Array | undefined;
    let offered = 0;
    let at = 0;
    while (at < wire.length) {
      const room = decoder.room();
      const count = Math.min(size, wire.length - at, room?.length ?? Infinity);
      const chunk = (room ?? new Uint8Array(count)).subarray(0, count);
      chunk.set(wire.subarray(at, at += count));
      if (room !== undefined) offered += count;
      decoder.feed(chunk);
      for (let value = decoder.read(BYTES); value !== NEED_MORE; value = decoder.read(BYTES)) {
        if (value === "OK") assertStrictEquals(at, wire.length);
        else bytes = value as Uint8Array;
      }
    }
    assertEquals(bytes, content);
    assertStrictEquals(offered > 200_000 || size > 200_000, true, `${offered} bytes in chunks of ${size}`);
    assertStrictEquals(decoder.room(), undefined);
  }
});

test("text never offers room, nor do short strings", () => {
  for (const [start, mode] of [["$300000\r\nab", 0], ["$300\r\nab", BYTES], ["", BYTES]] as const) {
    const decoder = new Decoder();
    decoder.feed(concat(start));
    assertStrictEquals(decoder.read(mode), NEED_MORE);
    assertStrictEquals(decoder.room(), undefined);
  }
});

test("large texts are made the way that the decoder is told, in pieces of any size", () => {
  const text = "字é😀a".repeat(30_000);
  const chunks = [concat(`$${utf8(text).length}\r\n${text}\r\n+OK\r\n`)];
  const split = (size: number) =>
    Array.from({ length: 5 }, (_, i) => chunks[0].slice(i * size, i < 4 ? (i + 1) * size : undefined));
  for (const piece of [1000, 64 * 1024, 1024 * 1024]) {
    const decoder = new Decoder();
    let pieces = 0;
    decoder.useNative({
      piece,
      text: (bytes) => (pieces++, new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)),
      bytes: (length) => new Uint8Array(length).fill(7),
    });
    for (const size of [999, 60_000]) {
      pieces = 0;
      assertEquals(readAll(split(size), 0, decoder).values, [text, "OK"]);
      assertStrictEquals(pieces >= Math.floor(300_000 / piece), true, `${pieces} pieces of ${piece}`);
      assertEquals(readAll(split(size), BYTES, decoder).values, [utf8(text), "OK"]);
    }
  }
});

test("a long text within one chunk is made the way that the decoder is told, wherever it stands", () => {
  const web = new TextDecoder("utf-8", { ignoreBOM: true });
  const decoder = new Decoder();
  const made: number[] = [];
  decoder.useNative({
    piece: 1 << 20,
    text: (bytes) => (made.push(bytes.length), web.decode(bytes)),
    bytes: (length) => new Uint8Array(length),
  });
  const bulk = (bytes: Uint8Array) => concat(`$${bytes.length}\r\n`, bytes, "\r\n");
  const broken = utf8("a".repeat(6000));
  broken[3000] = 0xff;
  const contents = [
    ...[4095, 4096, 4097, 60_000].map((size) => utf8("x".repeat(size))),
    utf8("\ufeff" + "字é😀a".repeat(500)),
    broken,
  ];
  for (const content of contents) {
    const text = web.decode(content);
    const { length } = content;
    const ways: [bytes: Uint8Array, value: Value, size: number][] = [
      [bulk(content), text, length],
      [concat("*3\r\n$1\r\na\r\n", bulk(content), ":1\r\n"), ["a", text, 1], length],
      // The word for the format is a part of what is read.
      [concat(`=${length + 4}\r\ntxt:`, content, "\r\n"), text, length + 4],
    ];
    for (const [bytes, value, size] of ways) {
      made.length = 0;
      const { values } = readAll([bytes], 0, decoder);
      assertEquals(values, [value]);
      assertEquals(made, size >= 4096 ? [size] : [], `${size} bytes`);
      // Bytes are nobody's text.
      made.length = 0;
      readAll([bytes], BYTES, decoder);
      assertEquals(made, []);
    }
  }
});

test("large strings are cut into characters wherever their chunks end, valid or not", () => {
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff;
  const contents = [
    utf8("字é😀a".repeat(30_000)),
    utf8("😀".repeat(60_000)),
    Uint8Array.from({ length: 200_000 }, () => 128 + random() * 128),
    Uint8Array.from({ length: 200_000 }, () => random() * 256),
    new Uint8Array(200_000).fill(0x80),
    new Uint8Array(200_000).fill(0xf0),
  ];
  for (const content of contents) {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
    const bytes = concat(`$${content.length}\r\n`, content, "\r\n");
    for (const size of [999, 16_383, 16_384, 16_387, 65_535, 65_536, 65_537, 70_001, bytes.length - 1]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
      const { values } = readAll(chunks);
      assertStrictEquals(values.length, 1);
      assertStrictEquals(values[0] === text, true, `chunks of ${size}`);
    }
  }
});
