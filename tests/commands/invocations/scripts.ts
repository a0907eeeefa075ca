/**
 * Scripts and functions.
 *
 * @module
 */
import { aside, call, type Scenario, until, varying } from "./invocation.ts";

const LIBRARY = `#!lua name=mylib
redis.register_function{function_name='f', callback=function(keys, args) return 5 end, flags={'no-writes'}}
redis.register_function{function_name='spin', callback=function(keys, args) while true do end end}`;

/** Scripts. */
export const scripts: Scenario = [
  // How long a script may run before others hear that the server is busy, in milliseconds.
  call((r) => r.configSet("lua-time-limit", 5)),
  call((r) => r.scriptFlush()),
  call((r) => r.eval("return 1", [])),
  call((r) => r.evalRo("return {1, 'a', {2}, false}", [])),
  call((r) => r.scriptLoad("return 7")),
  call(async (r) => await r.evalsha(await r.scriptLoad("return ARGV[1]"), ["k"], ["x"])),
  call(async (r) => await r.evalshaRo(await r.scriptLoad("return 7"), [])),
  call(async (r) => await r.scriptExists(await r.scriptLoad("return 7"), "nope")),
  call(async (r) => await r.scriptShow(await r.scriptLoad("return 7"))),
  call((r) => r.scriptDebug("NO")),
  call((r) => r.scriptHelp()),
  aside((r) => r.eval("while true do end", [])),
  until((r) => r.scriptKill()),
  until((r) => r.echo("idle again")),
];

/** Functions. */
export const functions: Scenario = [
  call((r) => r.functionLoad(LIBRARY, { replace: true })),
  varying((r) => r.functionList()),
  varying((r) => r.functionList({ withcode: true, libraryname: "my*" })),
  call((r) => r.functionStats()),
  call((r) => r.fcall("f", [])),
  call((r) => r.fcallRo("f", [])),
  call((r) => r.functionDump()),
  call(async (r) => await r.functionRestore(await r.functionDump(), { replace: true })),
  call((r) => r.functionHelp()),
  aside((r) => r.fcall("spin", [])),
  until((r) => r.functionStats(), (stats) => stats.running_script !== null),
  until((r) => r.functionKill()),
  until((r) => r.functionDelete("mylib")),
  call((r) => r.functionFlush()),
];
