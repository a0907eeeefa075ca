/**
 * What `deno publish` would send, and a registry on loopback that serves it as JSR does.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { builtPackage } from "./built.ts";
import { run } from "../support/programs.ts";

/** A package as it would be published. */
export interface Published {
  readonly name: string;
  readonly version: string;
  /** Entry names such as `"."` and `"./resp"`, and the file that each stands for. */
  readonly exports: Readonly<Record<string, string>>;
  /** Paths such as `"/src/resp/mod.js"`, and what the files hold. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What the dry run said. */
  readonly output: string;
}

/**
 * Asks `deno publish` itself: a dry run checks everything and names each file that it would send. What can be imported of
 * it imports by relative paths only, so it is sent as it is.
 */
export async function publish(): Promise<Published> {
  const folder = builtPackage();
  const { code, output } = await run([process.execPath, "publish", "--dry-run"], { cwd: folder });
  if (code !== 0) throw new Error(`deno publish --dry-run failed:\n${output}`);
  const paths = Array.from(output.matchAll(/^ +(file:.*) \([\d.]+ ?[KM]?B\)$/gm), ([, url]) => fileURLToPath(url!));
  const files = new Map(paths.map((path) => [path.slice(folder.length), new Uint8Array(readFileSync(path))]));
  const { name, version, exports } = JSON.parse(readFileSync(join(folder, "deno.json"), "utf8"));
  return { name, version, exports, files, output };
}

const TYPES: Readonly<Record<string, string>> = {
  ".ts": "text/typescript",
  ".js": "text/javascript",
  ".json": "application/json",
};

/** Serves one version of one package. */
export class Registry implements AsyncDisposable {
  readonly #server: Server;
  /** The paths that were asked for. */
  readonly asked: string[] = [];

  private constructor({ name, version, exports, files }: Published) {
    const [scope, plain] = name.slice(1).split("/");
    const manifest = Object.fromEntries(
      Array.from(files, ([path, bytes]) => {
        const checksum = `sha256-${createHash("sha256").update(bytes).digest("hex")}`;
        return [path, { size: bytes.length, checksum }];
      }),
    );
    const answers = new Map<string, string | Uint8Array>([
      [`/${name}/meta.json`, JSON.stringify({ scope, name: plain, latest: version, versions: { [version]: {} } })],
      [`/${name}/${version}_meta.json`, JSON.stringify({ manifest, exports })],
      ...Array.from(files, ([path, bytes]) => [`/${name}/${version}${path}`, bytes] as const),
    ]);
    this.#server = createServer((request, response) => {
      this.asked.push(request.url!);
      const answer = answers.get(request.url!);
      const type = TYPES[/\.\w+$/.exec(request.url!)?.[0] ?? ""] ?? "text/plain";
      response.writeHead(answer === undefined ? 404 : 200, { "content-type": type }).end(answer);
    });
  }

  /** Starts to serve. */
  static async serve(published: Published): Promise<Registry> {
    const registry = new Registry(published);
    registry.#server.listen(0, "127.0.0.1");
    await once(registry.#server, "listening");
    return registry;
  }

  /** What `JSR_URL` is to be. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
