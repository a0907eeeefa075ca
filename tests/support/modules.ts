/**
 * Modules that somebody else wrote, as `install_servers.ts` gets them.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./binaries.ts";

/**
 * `"redisearch"` is of 2018 and knows part of the `FT.*` commands; `"knot"` has commands that nobody here has described,
 * and loads into newer servers only. `"rejson"` comes from nowhere yet: who has it may put it there.
 */
export type ModuleName = "redisearch" | "knot" | "rejson";

/** The file of a module, or `undefined`. */
export function findModule(name: ModuleName): string | undefined {
  const folder = "usr/lib/redis/modules";
  return [join(cacheFolder()!, "modules", folder), join("/", folder)]
    .map((path) => join(path, `${name}.so`)).find((path) => existsSync(path));
}
