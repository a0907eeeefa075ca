/**
 * Programs of other runtimes, and the empty projects that they run in.
 *
 * @module
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Outcome, run } from "../support/programs.ts";

/** Where the programs of `consumer/` say that a server is. */
const ADDRESS = "redis://127.0.0.1:6379";
const CONSUMER = fileURLToPath(new URL("./consumer/", import.meta.url));

/** A project of somebody else, in a folder of its own that goes with it. */
export class Project implements Disposable {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "respire-project-")));

  /** Writes a file; JSON unless it is text. */
  write(name: string, content: string | object): void {
    const text = typeof content === "string" ? content : JSON.stringify(content, null, 2);
    mkdirSync(join(this.folder, name, ".."), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  /** Takes the programs of `consumer/`, which are to talk to this server and know the package by this name. */
  takePrograms(url: string, packageName = "@respire/redis"): void {
    const { hostname, port } = new URL(url);
    for (const name of readdirSync(CONSUMER)) {
      const text = readFileSync(join(CONSUMER, name), "utf8").replaceAll(ADDRESS, url)
        .replaceAll('"@respire/redis', `"${packageName}`);
      this.write(name, text.replaceAll('"127.0.0.1", port: 6379', `"${hostname}", port: ${port}`));
    }
  }

  /** Copies a folder or file into it. */
  copy(from: string, name: string): void {
    cpSync(from, join(this.folder, name), { recursive: true });
  }

  /** Runs a program in it. */
  run(command: readonly string[], env?: Record<string, string>): Promise<Outcome> {
    return run(command, { cwd: this.folder, ...(env ? { env } : {}) });
  }

  /** Gives this project once all is done that it needs; if that fails, nobody will have it, and it goes. */
  async prepared(prepare: () => Promise<void>): Promise<this> {
    try {
      await prepare();
      return this;
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
