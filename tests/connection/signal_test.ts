import { assertEquals } from "@std/assert";
import { onAbort } from "../../src/connection/signal.ts";
import { test } from "../support/test.ts";

test("a listener that another one takes off while the signal fires is not called", () => {
  const control = new AbortController();
  const called: string[] = [];
  onAbort(control.signal, () => {
    called.push("first");
    takenOff();
  });
  const takenOff = onAbort(control.signal, () => called.push("second"));
  onAbort(control.signal, () => called.push("third"));
  control.abort();
  assertEquals(called, ["first", "third"]);
});
