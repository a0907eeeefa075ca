import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { freemem } from "node:os";
import { ReplyError } from "../../src/errors.ts";
import { Decoder, type Limits, NEED_MORE, ProtocolError, type Push, type Reply } from "../../src/resp/mod.ts";
import { concat, cuts, latin1, utf8 } from "../support/bytes.ts";
import { test } from "../support/test.ts";

/** What the bytes end in: the values read before, and the error. */
function failure(chunks: Uint8Array[], limits?: Limits): { values: (Reply | Push)[]; error: ProtocolError } {
  const decoder = new Decoder(limits);
  const values: (Reply | Push)[] = [];
  const error = assertThrows(() => {
    for (const chunk of chunks) {
      decoder.feed(chunk);
      for (let value = decoder.read(0); value !== NEED_MORE; value = decoder.read(0)) values.push(value);
    }
  }, ProtocolError);
  // Poisoned: the same error for ever after, whatever comes.
  assertStrictEquals(assertThrows(() => decoder.read(0)), error);
  decoder.feed(utf8("+OK\r\n"));
  assertStrictEquals(assertThrows(() => decoder.read(0)), error);
  return { values, error };
}

/** Holds what is not RESP against every way that it may come. */
function assertFails(bytes: string | Uint8Array, offset: number, message: string, limits?: Limits): void {
  for (const { how, chunks } of cuts(bytes)) {
    const { error } = failure(chunks, limits);
    const what = `${JSON.stringify(bytes)} ${how}`;
    assertStringIncludes(error.message, message, what);
    assertEquals(error.offset, offset, what);
  }
  for (const { how, chunks } of cuts(concat("+OK\r\n$2\r\nab\r\n", bytes))) {
    const { error, values } = failure(chunks, limits);
    assertEquals(error.offset, offset + 13, `later, ${how}`);
    assertEquals(values.slice(0, 2), ["OK", "ab"]);
  }
}

/** The decoder takes this and waits. */
function assertWaits(bytes: string | Uint8Array, limits?: Limits): void {
  for (const { how, chunks } of cuts(bytes)) {
    const decoder = new Decoder(limits);
    for (const chunk of chunks) {
      decoder.feed(chunk);
      assertStrictEquals(decoder.read(0), NEED_MORE, how);
    }
  }
}

test("what is not RESP is refused at its first byte", () => {
  assertFails("HTTP/1.1 400 Bad Request\r\n", 0, '"H"');
  assertFails("SSH-2.0-OpenSSH_9.6\r\n", 0, '"S"');
  assertFails("\r\n", 0, "byte 13");
  assertFails(latin1("\x16\x03\x01"), 0, "byte 22");
  assertFails("220 mail.example\r\n", 0, '"2"');
  assertStringIncludes(failure([utf8("HTTP/1.1 400 Bad Request\r\n")]).error.message, "does not speak Redis' protocol");
  assertStringIncludes(failure([utf8("+OK\r\nHTTP/1.1")]).error.message, 'no reply begins with "H"');
});

test("lines that do not say what their type needs", () => {
  for (const type of ["$", "*", "%", "~", ">", "|", "=", "!", ":", "("]) {
    for (const line of ["", "x", "1x", "-", "--1", "1.5", "0x10", "1e3", " 1", "1 ", "-2"]) {
      if ((type === ":" || type === "(") && line === "-2") continue;
      const message = type === ":" || type === "(" ? "a value that its type" : "a length that is none";
      assertFails(`${type}${line}\r\n`, 1, message);
    }
  }
  for (const type of ["%", "~", ">", "|", "=", "!"]) assertFails(`${type}-1\r\n`, 1, "a length that is none");
  for (const type of [">", "=", "!"]) assertFails(`${type}?\r\n`, 1, "a length that is none");
  for (
    const line of ["#\r\n", "#x\r\n", "#tt\r\n", "_x\r\n", ",\r\n", ",x\r\n", ",1,5\r\n", ",infinit\r\n", ",.\r\n"]
  ) {
    assertFails(line, 1, "a value that its type");
  }
});

test("line ends that are missing or halved", () => {
  assertFails("+OK\n", 3, "without a carriage return");
  assertFails("\n", 0, "byte 10");
  assertFails("$3\nabc\r\n", 2, "without a carriage return");
  assertFails("$3\r\nabcd\r\n", 7, "not followed by a line end");
  assertFails("$3\r\nabc\n\n", 7, "not followed by a line end");
  assertFails("$3\r\nabc\r8\n", 8, "not followed by a line end");
  assertFails("$0\r\n+OK\r\n", 4, "not followed by a line end");
});

test("streamed and marked values where they cannot stand", () => {
  assertFails(".\r\n", 0, "an end outside");
  assertFails("*1\r\n.\r\n", 4, "an end outside");
  assertFails("$?\r\n.\r\n", 4, "between the parts");
  assertFails("%?\r\n+a\r\n.\r\n", 8, "after a key");
  assertFails("%?\r\n.x\r\n", 4, "an end outside");
  assertFails(";1\r\na\r\n", 0, "a part of a string outside");
  assertFails("*?\r\n;1\r\na\r\n", 4, "a part of a string outside");
  assertFails("$?\r\n$1\r\na\r\n", 4, "between the parts");
  assertFails("$?\r\n:1\r\n", 4, "between the parts");
  assertFails("$?\r\n>1\r\n+a\r\n", 4, "between the parts");
  assertFails("=3\r\nabc\r\n", 9, "without a format");
  assertFails("=5\r\nabcde\r\n", 11, "without a format");
});

test("how deep replies nest is limited", () => {
  const nested = (depth: number) => "*1\r\n".repeat(depth) + ":1\r\n";
  const deep = (depth: number): Reply => depth === 0 ? 1 : [deep(depth - 1)];
  const decoder = new Decoder();
  decoder.feed(utf8(nested(128)));
  assertEquals(decoder.read(0), deep(128));
  assertFails(nested(129), 128 * 4, "nest deeper than 128");
  assertFails(nested(3), 8, "nest deeper than 2", { depth: 2 });
  assertFails("*?\r\n*?\r\n$?\r\n;0\r\n.\r\n.\r\n", 8, "nest deeper than 2", { depth: 2 });
  assertFails("*1\r\n>1\r\n*0\r\n", 8, "nest deeper than 2", { depth: 2 });
  // Very deep, cheaply: nothing recurses.
  const error = failure([utf8("*1\r\n".repeat(100_000))]).error;
  assertEquals(error.offset, 512);
});

test("how many elements an aggregate has is limited", () => {
  const limits = { elements: 4 };
  assertWaits("*4\r\n", limits);
  assertWaits("%2\r\n", limits);
  assertFails("*5\r\n", 0, "5 elements", limits);
  assertFails("%3\r\n", 0, "6 elements", limits);
  assertFails("~5\r\n", 0, "5 elements", limits);
  assertFails("*?\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n", 24, "streamed aggregate is over the limit", limits);
  assertFails("*2\r\n:1\r\n>5\r\n", 8, "5 elements", limits);
  assertFails("*1\r\n>?\r\n", 5, "a length that is none");
  assertFails("*1000000000\r\n", 0, "1000000000 elements");
  assertFails("*99999999999999999999\r\n", 1, "a length that is none");
});

test("how long a string is is limited", () => {
  const limits = { bulk: 8 };
  assertWaits("$8\r\n12345678\r", limits);
  assertFails("$9\r\n123456789\r\n", 0, "a string of 9 bytes is over the limit", limits);
  assertFails("$9\r\n", 0, "a string of 9 bytes is over the limit", limits);
  assertFails("=9\r\n", 0, "a string of 9 bytes is over the limit", limits);
  assertFails("!9\r\n", 0, "a string of 9 bytes is over the limit", limits);
  assertFails("$?\r\n;4\r\nabcd\r\n;5\r\n", 14, "a streamed string is over the limit", limits);
  assertFails("$536870913\r\n", 0, "a string of 536870913 bytes is over the limit");
  assertFails("$99999999999\r\n", 0, "a string of 99999999999 bytes is over the limit");
  assertFails("$99999999999999999999\r\n", 1, "a length that is none");
});

/** All replies that come of these chunks. */
function readAll(chunks: readonly Uint8Array[], limits: Limits): unknown[] {
  const decoder = new Decoder(limits);
  return chunks.flatMap((chunk) => {
    decoder.feed(chunk);
    const read = [];
    for (let value = decoder.read(0); value !== NEED_MORE; value = decoder.read(0)) read.push(value);
    return read;
  });
}

test("how long a line is is limited", () => {
  const limits = { line: 10 };
  for (const { how, chunks } of cuts("+0123456789\r\n+0123456789\r\n")) {
    assertEquals(readAll(chunks, limits), ["0123456789", "0123456789"], how);
  }
  assertFails("+0123456789a\r\n", 0, "a line is longer than 10 bytes", limits);
  assertFails(":00000000000\r\n", 0, "a line is longer than 10 bytes", limits);
  assertFails("-0123456789abcdefghijklmnop", 0, "a line is longer than 10 bytes", limits);
  const { error } = failure([utf8("+" + "x".repeat(65_535)), utf8("xxx"), utf8("x".repeat(100))]);
  assertEquals(error.offset, 0);
});

test("a limit that is undefined is one that is not given", () => {
  const limits = { depth: undefined, elements: undefined, bulk: undefined, line: undefined, idle: undefined };
  for (const { how, chunks } of cuts("+OK\r\n:12\r\n*2\r\n$1\r\na\r\n+PONG\r\n")) {
    assertEquals(readAll(chunks, limits), ["OK", 12, ["a", "PONG"]], how);
  }
  const { error } = failure([utf8(`+${"x".repeat(65_536)}`), utf8("xxx")], limits);
  assertStringIncludes(error.message, "a line is longer than 65536 bytes");
});

test("lengths that are announced and never come take no memory worth naming", () => {
  const decoders = Array.from({ length: 64 }, () => {
    const decoder = new Decoder();
    decoder.feed(utf8("*67108864\r\n$536870912\r\nabc"));
    assertStrictEquals(decoder.read(0), NEED_MORE);
    return decoder;
  });
  // 64 announcements of 512 MiB: had they been believed, this process would have been out of memory by now.
  assertEquals(decoders.length, 64);
});

test("a message never shows what a value held", () => {
  for (const bytes of ["$6\r\nsecretX\r\n", ":secret\r\n", ",secret\r\n", "#secret\r\n", "*secret\r\n"]) {
    const { error } = failure([utf8(bytes)]);
    assert(!error.message.includes("secret"), error.message);
  }
});

// Each of these would go on for hours if every byte, or every attribute, were looked at again for each that follows.
test("what a server makes of attributes and numbers costs as much as it is long, not its square", () => {
  const many = "|1\r\n+a\r\n+b\r\n:1\r\n".repeat(400_000);
  const decoder = new Decoder();
  decoder.feed(utf8(`*400000\r\n${many}`));
  const reply = decoder.read(0);
  assertEquals([(reply as Reply[]).length, decoder.attributes!.length], [400_000, 800_000]);
  const digits = "1".repeat(4_000_000);
  for (const line of [`,${digits}x`, `,${digits}.${digits}x`, `,${digits}e`]) {
    const { error } = failure([utf8(`${line}\r\n`)], { line: 2 ** 24 });
    assertStringIncludes(error.message, "a value that its type");
  }
});

test("the attributes of one reply are limited as its elements are, wherever they stand", () => {
  const attribute = "|2\r\n+a\r\n+b\r\n+c\r\n+d\r\n";
  assertEquals(readAll([utf8(`${attribute}${attribute}:1\r\n${attribute}${attribute}:2\r\n`)], { elements: 8 }), [
    1,
    2,
  ]);
  const what = "the attributes of a reply are over the limit";
  for (const bytes of [attribute.repeat(3) + ":1\r\n", `*3\r\n${`${attribute}:1\r\n`.repeat(3)}`]) {
    const { error } = failure([utf8(bytes)], { elements: 8 });
    assertStringIncludes(error.message, what);
  }
});

// JavaScriptCore's strings may be longer than the limit of a value.
const noRoom = "Bun" in globalThis
  ? "any value within the limits is a string here"
  : freemem() < 4 * 2 ** 30 && "no memory";

test("a value that is too long for a string costs its own command and nothing else", { skip: noRoom }, () => {
  const decoder = new Decoder();
  const length = 2 ** 29 - 1;
  const chunk = new Uint8Array(2 ** 24).fill(120);
  for (const [from, to] of [["", ""], ["*2\r\n", ":7\r\n"]]) {
    decoder.feed(utf8(`${from}$${length}\r\n`));
    for (let left = length; left > 0; left -= chunk.length) {
      assertStrictEquals(decoder.read(0), NEED_MORE);
      decoder.feed(chunk.subarray(0, left));
    }
    assertStrictEquals(decoder.read(0), NEED_MORE);
    decoder.feed(utf8(`\r\n${to}+OK\r\n`));
    const reply = decoder.read(0);
    const [error, rest] = Array.isArray(reply) ? reply : [reply, 7];
    assertInstanceOf(error, ReplyError);
    assertEquals([error.code, rest, decoder.read(0)], ["TOOLONG", 7, "OK"]);
  }
});
