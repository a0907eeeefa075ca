/**
 * Compiled, never run: what is read as bytes is in an `ArrayBuffer`, which the platform asks for where bytes leave again.
 */
import type { Bytes, Redis, Session } from "../../mod.ts";

declare const redis: Redis;
declare const wide: Uint8Array;
declare const shared: Uint8Array<SharedArrayBuffer>;
declare function isOwn(bytes: Uint8Array<ArrayBuffer> | null): void;
declare function takes(redis: Redis<Uint8Array>, session: Session<Uint8Array>): void;

export async function given(): Promise<void> {
  const image = (await redis.bytes.get("image"))!;
  new Response(image);
  new Blob([image]);
  await crypto.subtle.digest("SHA-256", image);
  isOwn(await redis.dump("k"));
  isOwn(await redis.functionDump());
  isOwn((await redis.bfScandump("b", 0))[1]);
  isOwn((await redis.cfScandump("c", 0))[1]);
  isOwn((await redis.vemb("v", "e", { raw: true }))![1]);
  const reply = await redis.bytes.call("GET", "image");
  if (reply instanceof Uint8Array) isOwn(reply);
  for await (const { channel, message } of await redis.bytes.subscribe("news")) isOwn(channel), isOwn(message);
  for await (const { command } of await redis.bytes.monitor()) command.forEach(isOwn);
  for await (const { fields } of redis.bytes.readStream("s")) fields.forEach(isOwn);
  await redis.bytes.pipeline((p) => [p.get("a"), p.hgetall("h")]).then(([one, all]) => {
    isOwn(one);
    all.forEach(isOwn);
  });
}

/** Whoever has written the wider type before there was another one. */
export async function wider(own: Redis<Bytes>): Promise<void> {
  takes(own, await own.session());
  takes(redis.bytes, await redis.bytes.session());
  const image: Uint8Array | null = await redis.bytes.get("image");
  if (image !== null) await redis.set("copy", image);
  await redis.set("k", wide);
  await redis.hset("h", { f: shared });
}
