/**
 * One real server for a test: in a folder of its own, on a free loopback port or a unix socket, gone with the test or,
 * whatever happens, with the process that started it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { connect as connectTls } from "node:tls";
import type { Binary, ServerVersion } from "./binaries.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";

/** Where a server is and what it asks for: options of `connect()`. */
export interface ServerAddress {
  /** Always loopback, but for a server in protected mode. */
  readonly hostname?: string | undefined;
  /** Its TCP port. */
  readonly port?: number | undefined;
  /** The path of its unix socket. */
  readonly path?: string | undefined;
  /** Its password. */
  readonly password?: string | undefined;
  /** Whom to trust. */
  readonly tls?: {
    /** The authority that vouches for it. */
    readonly ca: string;
  } | undefined;
}

/** What kind of server to start. */
export interface ServerOptions {
  /** Which server, such as `"redis-8"` or `"valkey"`; the first one at hand unless given. */
  readonly version?: ServerVersion | undefined;
  /** The path of a server program, instead of one that is found. */
  readonly program?: string | undefined;
  /** The TCP port; a free one unless given. */
  readonly port?: number | undefined;
  /** Listen on a unix socket, and on no port. */
  readonly unixSocket?: boolean | undefined;
  /** Listen with TLS only: with a fresh certificate for localhost and 127.0.0.1, or with these. */
  readonly tls?: boolean | Certificates | undefined;
  /** Ask for this password (`requirepass`). */
  readonly password?: string | undefined;
  /** Listen on every address in protected mode: `hostname` is then one that is not loopback, so that it bites. */
  readonly protectedMode?: boolean | undefined;
  /** Start from a configuration file that holds this, so that the server can rewrite it. */
  readonly config?: string | undefined;
  /** Be a node that may join a cluster. `cluster` starts and joins them, where you do not mean to do that yourself. */
  readonly clusterNode?: boolean | undefined;
  /** Be a sentinel. */
  readonly sentinel?: boolean | undefined;
  /** More arguments, such as `["--maxclients", "5"]`. */
  readonly args?: readonly string[] | undefined;
}

/** An address of this machine that is not loopback, if it has one: what a protected server refuses. */
function outerAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((address) => address.family === "IPv4" && !address.internal)?.address;
}

/**
 * Runs the server as long as our standard input is open, i.e. as long as whoever started us lives. Then nothing is left:
 * neither the server nor its folder. Its id is written down before it runs: who knows that it does, can freeze it. It is
 * ended by words on our standard input, for which nobody has to know the id: that file may be late, or lost.
 */
const KEEPER = `
exec 3<&0
folder=$1; shared=$2; shift 2
sh -c 'echo $$ >"$0/pid"; exec "$@"' "$folder" "$@" </dev/null 3<&- & server=$!
{
  while read -r name; do kill -s "$name" $server; done
  rm -rf "$folder" "$shared"; kill -KILL $server
} <&3 2>/dev/null & watcher=$!
wait $server; status=$?
kill $watcher
exit $status
`;

/** A running server. */
export class Server implements AsyncDisposable {
  /** Redis or Valkey. */
  readonly kind: "redis" | "valkey";
  /** Its version, such as `"7.0.15"`. */
  readonly version: string;
  /** Where it listens. */
  readonly hostname: string;
  /** Its TCP port; 0 with a unix socket. */
  readonly port: number;
  /** The path of its unix socket, if it has one. */
  readonly path: string | undefined;
  /** The certificates in use, if it speaks TLS. */
  readonly certificates: Certificates | undefined;
  /** For `connect()`: with the password, if there is one. */
  readonly url: string;
  readonly #command: readonly string[];
  readonly #folder: string;
  readonly #shared: string;
  readonly #password: string | undefined;
  readonly #sentinel: boolean;
  /** It was told to keep its files somewhere else. */
  readonly #isAway: boolean;
  #keeper: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();

  /**
   * @internal Prepares a server; `start()` starts it. `shared` is a folder that it has in common with others: it goes as
   * the server's own does where nobody is left to remove them.
   */
  constructor(binary: Binary, port: number, options: ServerOptions, shared?: string) {
    const folder = mkdtempSync(join(tmpdir(), "respire-"));
    this.kind = binary.kind;
    this.version = binary.version;
    this.port = options.unixSocket ? 0 : port;
    this.path = options.unixSocket ? join(folder, "redis.sock") : undefined;
    this.hostname = options.protectedMode ? outerAddress() ?? "127.0.0.1" : "127.0.0.1";
    this.#folder = folder;
    this.#shared = shared ?? folder;
    this.#password = options.password;
    this.#sentinel = options.sentinel === true;
    this.#isAway = options.args?.some((word) => /^--dir\b/i.test(word)) ?? false;
    try {
      this.certificates = options.tls === true ? makeCertificates(folder) : options.tls || undefined;
      this.#command = [...binary.command, ...this.#file(options), ...this.#arguments(options)];
    } catch (error) {
      // Nobody else knows of it.
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    const login = options.password ? `:${encodeURIComponent(options.password)}@` : "";
    const scheme = this.certificates ? "rediss" : "redis";
    this.url = this.path ? `unix://${login}${this.path}` : `${scheme}://${login}${this.hostname}:${this.port}`;
  }

  /**
   * Starts the process and waits until it answers.
   *
   * @throws {Error} if it runs already, or does not start; then with what it said.
   */
  async start(): Promise<void> {
    if (this.#runs && await this.#answers()) throw new Error("The server runs already: restart() would begin anew");
    // A frozen one, say: of two nobody could end the first.
    if (this.#runs) await this.#end("KILL");
    // The last one's: nobody is to freeze what has its id by now.
    rmSync(this.#pidFile, { force: true });
    const output = openSync(join(this.#folder, "output"), "a");
    const keeper = spawn("sh", ["-c", KEEPER, "keeper", this.#folder, this.#shared, ...this.#command], {
      stdio: ["pipe", output, output],
    });
    closeSync(output);
    let running = true;
    let failure: Error | undefined;
    this.#exited = new Promise((resolve) => {
      keeper.on("exit", () => resolve(void (running = false)));
      // One that never was (there is no shell, say) does not exit either.
      keeper.on("error", (error) => {
        failure = error;
        resolve(void (running = false));
      });
    });
    if (keeper.pid !== undefined) {
      this.#keeper = keeper;
      // A server that outlives its test must not keep the test process alive; it dies with it.
      keeper.unref();
      (keeper.stdin as unknown as Socket).unref?.();
      keeper.stdin!.on("error", () => {});
    }
    const deadline = Date.now() + 20_000;
    while (running && Date.now() < deadline) {
      if (await this.#answers()) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`${this.#command.join(" ")} did not start: ${failure ?? this.output.slice(-1000)}`);
  }

  /** For `connect()`: the same as `url`, and the authority that vouches for a server with TLS. */
  get options(): ServerAddress {
    const { hostname, port, path, certificates } = this;
    return {
      ...(path === undefined ? { hostname, port } : { path }),
      ...(this.#password === undefined ? {} : { password: this.#password }),
      ...(certificates === undefined ? {} : { tls: { ca: certificates.ca } }),
    };
  }

  /**
   * The id of the server's process.
   *
   * @throws {Error} if it does not run, or if there was no room to write it down.
   */
  get pid(): number {
    const text = this.#runs && existsSync(this.#pidFile) ? readFileSync(this.#pidFile, "utf8") : "";
    // An empty file is no 0: a signal to that is one to ourselves, and to everybody of our group.
    const [, id] = /^([1-9]\d*)\n$/.exec(text) ?? [];
    if (id) return Number(id);
    throw new Error("The id of the server's process is not known: it does not run, or had no room to write it down");
  }

  /** What the server has logged. */
  get output(): string {
    return readFileSync(join(this.#folder, "output"), "utf8");
  }

  /** Kills it as a crash would: nothing is said to anybody. */
  async kill(): Promise<void> {
    await this.#end("KILL");
  }

  /** Asks it to shut down, a frozen one too, and waits until it has. */
  async stop(): Promise<void> {
    // A frozen one would not hear of it.
    await this.#end("TERM", "CONT");
  }

  /** Starts it again on the same address, after a kill if it still runs. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Freezes the process: it accepts (the system does), and says nothing, until `resume()`. */
  pause(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  /** Lets a frozen process go on. */
  resume(): void {
    process.kill(this.pid, "SIGCONT");
  }

  /** Sends one command by a plain socket and gives the reply as it came, such as `"+OK\r\n"`. */
  async command(...words: string[]): Promise<string> {
    const mark = `end-${crypto.randomUUID()}`;
    const last = `$${mark.length}\r\n${mark}\r\n`;
    const login = this.#password ? request("AUTH", this.#password) : "";
    const text = await this.#exchange(login + request(...words) + request("PING", mark), (got) => got.endsWith(last));
    return text.slice(login ? text.indexOf("\r\n") + 2 : 0, -last.length);
  }

  /** Kills it and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A file that is ours only: of a password nobody is to learn from the list of processes, or from an error. */
  #file({ config, sentinel, password }: ServerOptions): string[] {
    if (config === undefined && !sentinel && !password) return [];
    const path = join(this.#folder, "server.conf");
    const lines = password ? ["requirepass", "masterauth"].map((name) => `${name} ${quoted(password)}`) : [];
    writeFileSync(path, [config ?? "", ...lines, ""].join("\n"));
    return [path];
  }

  #arguments(options: ServerOptions): string[] {
    const words = options.sentinel ? ["--sentinel"] : [];
    words.push("--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", this.#folder);
    words.push("--enable-debug-command", "yes", "--bind", options.protectedMode ? "*" : "127.0.0.1");
    words.push("--protected-mode", options.protectedMode ? "yes" : "no");
    if (this.path) words.push("--port", "0", "--unixsocket", this.path, "--unixsocketperm", "700");
    else if (this.certificates) words.push("--port", "0", "--tls-port", String(this.port));
    else words.push("--port", String(this.port));
    if (this.certificates) {
      const { caFile, server } = this.certificates;
      words.push("--tls-cert-file", server.certFile, "--tls-key-file", server.keyFile, "--tls-ca-cert-file", caFile);
      words.push("--tls-auth-clients", "no");
    }
    // A replica need not wait for others to come along.
    if (options.clusterNode) words.push("--repl-diskless-sync-delay", "0", "--cluster-node-timeout", "5000");
    if (options.clusterNode) words.push("--cluster-enabled", "yes");
    if (options.clusterNode && this.certificates) words.push("--tls-cluster", "yes", "--tls-replication", "yes");
    return [...words, ...(options.args ?? [])];
  }

  get #pidFile(): string {
    return join(this.#folder, "pid");
  }

  get #runs(): boolean {
    return this.#keeper?.exitCode === null && this.#keeper.signalCode === null;
  }

  /** Has its keeper send it these signals, and waits until both are gone. */
  async #end(...signals: string[]): Promise<void> {
    if (this.#runs) this.#keeper!.stdin!.write(signals.map((name) => `${name}\n`).join(""));
    this.#keeper?.ref();
    await this.#exited;
  }

  /** A server that refuses us (no password, protected) does answer; one that still loads does not yet. */
  async #answers(): Promise<boolean> {
    try {
      const text = await this.#exchange("PING\r\n", (got) => got.endsWith("\r\n"));
      if (text.startsWith("-DENIED")) return true;
      return /^(\+PONG|-NOAUTH)/.test(text) && await this.#isOurs();
    } catch {
      return false;
    }
  }

  /**
   * Whether it is not another one that took the port in the same moment: then ours is about to end, and its test would
   * run on a server that goes with somebody else's. Each tells its folder; a sentinel, which does not, its file.
   */
  async #isOurs(): Promise<boolean> {
    const login = this.#password === undefined ? "" : request("AUTH", this.#password);
    const question = this.#sentinel ? request("INFO", "server") : request("CONFIG", "GET", "dir");
    const whole = /^(\+OK\r\n)?(-.*|\*0|\*2\r\n\$3\r\ndir\r\n\$\d+\r\n.*|\$.*config_file:[^\r]*)\r\n/s;
    const told = await this.#exchange(login + question, (got) => whole.test(got));
    // One that says nothing of it (its user may not ask) may be ours.
    return /^(\+OK\r\n)?(-|\*0)/.test(told) || this.#isAway || told.includes(basename(this.#folder));
  }

  #exchange(text: string, complete: (got: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const { hostname: host, port, path } = this;
      const own = this.certificates;
      const socket: Socket = path
        ? connectTcp(path)
        // Whoever started it knows it, whatever its certificate says.
        : own
        ? connectTls({ host, port, rejectUnauthorized: false, cert: own.client.cert, key: own.client.key })
        : connectTcp(port, host);
      let got = "";
      socket.setTimeout(20_000, () => socket.destroy(new Error("The server does not answer")));
      socket.setEncoding("utf8");
      socket.on("data", (chunk: string) => {
        got += chunk;
        if (complete(got)) socket.destroy();
      });
      socket.on("error", reject);
      socket.on("close", () => complete(got) ? resolve(got) : reject(new Error(`The server closed after: ${got}`)));
      socket.write(text);
    });
  }
}

/** A word of a configuration file, whatever is in it. */
function quoted(word: string): string {
  const bytes = [...new TextEncoder().encode(word)];
  return `"${bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}"`;
}

function request(...words: string[]): string {
  const parts = words.map((word) => `$${new TextEncoder().encode(word).length}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join("")}`;
}
