/**
 * What is said on a new connection before anybody's commands: protocol, credentials, name, database.
 *
 * @module
 */
import { ConnectionError, ReplyError } from "../errors.ts";
import { type Arg, CommandSpec, SESSION } from "../command/spec.ts";
import type { Reply } from "../resp/reply.ts";
import type { Address, Wanted } from "../transport/transport.ts";
import { LIBRARY, VERSION } from "./version.ts";

/** Who we are to the server. */
export interface Credentials {
  /** The ACL user; the default user unless given. */
  readonly username?: string | undefined;
  /** Its password. */
  readonly password: string;
}

/** What a connection is to be like once it is ready. */
export interface HandshakeOptions {
  /** Where the server is. */
  readonly address: Address;
  /** 3, falling back to 2 where the server knows no HELLO, or answers it with 2; or 2. */
  readonly protocol: 2 | 3;
  /** Asked at each connect, so that rotating credentials stay current; with `true` to reset an old connection. */
  readonly credentials?:
    | Credentials
    | ((reset: boolean) => Credentials | undefined | Promise<Credentials | undefined>)
    | undefined;
  /** The database to select. */
  readonly database: number;
  /** The connection's name, as CLIENT LIST shows it. */
  readonly clientName?: string | undefined;
  /** Tell the server which library this is, and which version (CLIENT SETINFO). */
  readonly clientInfo: boolean;
  /** What the server has to be. With RESP2 it does not say what it is. */
  readonly wants?: Wanted | undefined;
  /** A replica in a cluster is to answer what it is asked (READONLY). */
  readonly readonly?: boolean | undefined;
}

/** What the handshake found out. */
export interface Greeting {
  /** The protocol spoken from now on. */
  readonly protocol: 2 | 3;
  /** The server's number for this connection; `undefined` where it does not tell. */
  readonly clientId?: number | undefined;
}

/** Sends one command and gives its reply, errors as values. */
export type Exchange = (spec: CommandSpec, args: Arg[]) => Promise<Reply>;

const HELLO = new CommandSpec("HELLO", SESSION);
const AUTH = new CommandSpec("AUTH", SESSION);
const SELECT = new CommandSpec("SELECT", SESSION);
const CLIENT_ID = new CommandSpec("CLIENT ID");
const CLIENT_SETNAME = new CommandSpec("CLIENT SETNAME", SESSION);
const CLIENT_SETINFO = new CommandSpec("CLIENT SETINFO", SESSION);
const READONLY = new CommandSpec("READONLY", SESSION);
const RESET = new CommandSpec("RESET", SESSION);

/**
 * Says all of it in one round trip (two where the server refuses HELLO). With `reset` the connection is an old one, and
 * whatever was done to it is undone first.
 *
 * @throws {ConnectionError} if the server refuses us; its own words are the cause.
 */
export async function handshake(send: Exchange, options: HandshakeOptions, reset = false): Promise<Greeting> {
  // If the connection breaks, the first rejection is reported and the others belong to nobody.
  const exchange: Exchange = (spec, args) => {
    const reply = send(spec, args);
    reply.catch(() => {});
    return reply;
  };
  const { credentials, wants } = options;
  const { username, password } = (typeof credentials === "function" ? await credentials(reset) : credentials) ?? {};
  const undone = reset ? exchange(RESET, []) : undefined;
  const hello: Arg[] = ["3"];
  if (password !== undefined) hello.push("AUTH", username ?? "default", password);
  const greeted = options.protocol === 3 ? exchange(HELLO, hello) : undefined;
  const authed = options.protocol === 2 && password !== undefined
    ? exchange(AUTH, username === undefined ? [password] : [username, password])
    : undefined;
  const rest = settings(exchange, options, reset);
  const asked = options.protocol === 2 ? exchange(CLIENT_ID, []) : undefined;
  const refusal = refused(await undone) ?? refused(await authed);
  if (refusal) throw refusal;
  const reply = await greeted;
  if (knowsNoHello(reply, password !== undefined)) {
    await Promise.all(rest);
    const same = password === undefined ? undefined : { username, password };
    return handshake(send, { ...options, protocol: 2, credentials: same });
  }
  const error = refused(reply) ?? (await Promise.all(rest)).map(refused).find((found) => found !== undefined);
  if (error) throw error;
  const role = fieldOf(reply, "role");
  if (wants !== undefined && typeof role === "string" && role !== wants.role) throw wants.other(role, options.address);
  const answer = await asked;
  if (answer instanceof ReplyError && answer.code === "NOAUTH") throw refused(answer);
  const id = asked === undefined ? fieldOf(reply, "id") : answer;
  // Some take HELLO 3 and go on with what they speak (Kvrocks).
  const protocol = fieldOf(reply, "proto") === 2 ? 2 : options.protocol;
  return { protocol, clientId: typeof id === "number" ? id : undefined };
}

/**
 * Asks at each connect, and takes what was given last where a connection is only reset: whoever gives credentials may be
 * slow, or away, and the server has accepted these. If it no longer does, the connection is replaced, and they are asked.
 */
export function remembering<T>(ask: () => T | Promise<T>): (reset?: boolean) => Promise<T> {
  let asked = 0;
  let last: { readonly turn: number; readonly given: T } | undefined;
  return async (reset = false) => {
    if (reset && last !== undefined) return last.given;
    const turn = ++asked;
    const given = await ask();
    // One that was asked before may answer after.
    if (last === undefined || turn > last.turn) last = { turn, given };
    return given;
  };
}

/** What follows on authentication. Replies that do not matter (an old server knows no SETINFO) become `null`. */
function settings(exchange: Exchange, options: HandshakeOptions, reset: boolean): Promise<Reply>[] {
  const sent: Promise<Reply>[] = [];
  if (options.clientName !== undefined) sent.push(exchange(CLIENT_SETNAME, [options.clientName]));
  // A reset leaves these two alone.
  if (options.clientInfo && !reset) {
    for (const words of [["LIB-NAME", LIBRARY], ["LIB-VER", VERSION]]) {
      const said = exchange(CLIENT_SETINFO, words).then(() => null);
      said.catch(() => {});
      sent.push(said);
    }
  }
  if (options.readonly) sent.push(exchange(READONLY, []));
  if (options.database !== 0) sent.push(exchange(SELECT, [options.database]));
  return sent;
}

/** A field of a map. */
function fieldOf(reply: Reply | undefined, name: string): Reply | undefined {
  if (!Array.isArray(reply)) return undefined;
  const at = reply.indexOf(name);
  return at < 0 ? undefined : reply[at + 1];
}

/** Whether AUTH may do what HELLO does not. Some proxies ask for the password that came with it, having read no further. */
function knowsNoHello(reply: Reply | undefined, authed: boolean): boolean {
  return reply instanceof ReplyError &&
    (reply.code === "NOPROTO" || (authed && reply.code === "NOAUTH") ||
      /un(?:known|supported) (?:command|protocol)/i.test(reply.message));
}

function refused(reply: Reply | undefined): ConnectionError | undefined {
  if (!(reply instanceof ReplyError)) return undefined;
  return new ConnectionError(`The server refused the connection: ${reply.message}`, { cause: reply });
}
