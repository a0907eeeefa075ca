// The last touch on what esbuild wrote: each change is made where it belongs, and nowhere else.
import { assertEquals } from "@std/assert";
import { finish } from "../../.ci/finish.ts";
import { test } from "../support/test.ts";

test("comments that declarations repeat go, and nothing that looks like one", () => {
  const code = 'var text = "/** no comment */";\nfunction f() {\n  return 1; // so\n}\n';
  assertEquals(finish(`/** On\n * three\n */\n${code}`), code);
  assertEquals(finish("class A {\n  /** One line. */\n  a = 1;\n}\n"), "class A {\n  a = 1;\n}\n");
});

test("a class has its own name where it names itself", () => {
  const written = "var Cluster = class _Cluster {\n  static start() {\n    return new _Cluster();\n  }\n};\n";
  assertEquals(finish(written), written.replaceAll("_Cluster", "Cluster"));
  assertEquals(finish("var _other = 1;\n"), "var _other = 1;\n");
});

test("what is not used may be left out", () => {
  assertEquals(
    finish('var PING = new CommandSpec("PING");\n'),
    'var PING = /* @__PURE__ */ new CommandSpec("PING");\n',
  );
  assertEquals(
    finish("var names = Object.keys(A).sort();\nvar last = list(\n  (reply) => f(reply)\n);\n"),
    "var names = /* @__PURE__ */ (() => Object.keys(A).sort())();\n" +
      "var last = /* @__PURE__ */ (() => list(\n  (reply) => f(reply)\n))();\n",
  );
  assertEquals(
    finish("var all = {\n  a: f(1)\n};\n"),
    "var all = /* @__PURE__ */ (() => ({\n  a: f(1)\n}))();\n",
  );
  assertEquals(
    finish("var Base = class extends Bare {\n  [KEY]() {\n  }\n};\n"),
    "var Base = /* @__PURE__ */ (() => class Base extends Bare {\n  [KEY]() {\n  }\n})();\n",
  );
  assertEquals(
    finish("var Redis = class extends Base {\n};\ngraft(Redis, Commands);\n"),
    "var Redis = /* @__PURE__ */ graft(class Redis extends Base {\n}, Commands);\n",
  );
});

test("what every bundler sees by itself stays as it is", () => {
  const plain = [
    "var f = (a) => g(a);",
    "var h = async () => g();",
    'var s = "f(1)";',
    "var t = `f(${1})`;",
    "var r = /f(1)/;",
    "var o = {\n  a: 1\n};",
    "var spare;",
    "var P = /* @__PURE__ */ new Set([1]);",
    "var Plain = class extends Other {\n  [Symbol.iterator]() {\n  }\n};",
    "function f() {\n  var inner = g();\n}",
  ].map((line) => `${line}\n`).join("");
  assertEquals(finish(plain), plain);
});
