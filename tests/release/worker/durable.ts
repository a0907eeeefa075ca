// A Durable Object that keeps one client for all requests that reach it.
import { connect } from "@respire/redis/cloudflare";
import type { Redis } from "@respire/redis/cloudflare";

interface Env {
  readonly REDIS: string;
  readonly ROOM: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

/** Counts its visits. */
export class Room {
  readonly #env: Env;
  #redis: Promise<Redis> | undefined;

  constructor(_state: unknown, env: Env) {
    this.#env = env;
  }

  async fetch(): Promise<Response> {
    const redis = await (this.#redis ??= connect(this.#env.REDIS));
    // Large enough for others to come while it is being written.
    const large = new Uint8Array(4 << 20);
    const [id, visits] = await redis.pipeline((p) => [p.clientId(), p.incr("visits"), p.set("large", large)]);
    return Response.json([id, visits]);
  }
}

export default {
  fetch: (request: Request, env: Env): Promise<Response> => env.ROOM.get(env.ROOM.idFromName("lobby")).fetch(request),
};
