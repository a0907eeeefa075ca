/**
 * The format of `commands.json`: what this project knows about every command, in a form that is easy to review.
 *
 * The file is one object. Its keys are the commands' names as the server spells them (`"CONFIG GET"`, `"JSON.GET"`),
 * sorted; its values are {@link Command}s. Keys that begin with `$` are not commands. One argument node stands on one
 * line, defaults are left out, and every sentence in it is our own.
 *
 * From an argument tree follow the method's parameters and its encoder:
 *
 * - The tree is in wire order. The encoder walks it in this order, so the order of option keys never matters.
 * - A required scalar, enum or list is a positional parameter, in wire order. An optional one without a token is a
 *   trailing optional parameter. Everything else that is optional becomes a key of one `options` object, the last
 *   parameter.
 * - An option's key is its token in lower camel case (`LIB-NAME` → `libName`), unless {@link Modifiers.as} names it.
 * - A required `oneof` becomes required, mutually exclusive keys of `options` (which is then required); an optional one
 *   becomes optional, mutually exclusive keys.
 * - A group without a token that is required is as if its members stood in its place. See {@link GroupNode} for others.
 * - A list is a rest parameter when it is `"tail"`, otherwise an array.
 *
 * @module
 */

/**
 * A version per family. A plain string is a Redis version up to 7.2.4, which every Valkey has too; of a draft in a user's
 * module, a version of the server that it is for. Empty only in drafts: nobody tells it.
 */
export type Since = string | {
  /** First Redis release with it; left out when Redis does not have it. */
  redis?: string;
  /** First Valkey release with it; left out when Valkey does not have it. */
  valkey?: string;
  /** First release of the module with it: of Redis' where Valkey has one of its own by that name (`search`). */
  module?: string;
  /** First release with it of Valkey's own module; Redis' has not got it. */
  valkeyModule?: string;
};

/** The whole file. */
export interface CommandsFile {
  /** Version of the format. */
  $schema: 1;
  /** The releases that the facts were taken from, by a short letter. */
  $snapshots?: Record<string, string>;
  /**
   * Named types: a reply type (`"Entry": "[id:id,fields:flatmap<bulk,bulk>?]"`) or the values of an enum
   * (`"GeoUnit": "\"m\"|\"km\"|\"ft\"|\"mi\""`), to be used by name in replies and in {@link EnumNode.enum}.
   */
  $types?: Record<string, string>;
  /** Tokens (`"COMMAND/TOKEN"`) and commands of the sources that ours leave out on purpose, and the reason. */
  $ignore?: Record<string, string>;
  /** The commands, by name. */
  [name: string]: Command | unknown;
}

/**
 * Which connection a command may use.
 *
 * - left out: any, shared with everyone.
 * - `"blocking"`: it holds the connection until something happens. `"blocking:BLOCK"`: only when that option is given.
 * - `"session"`: it changes the state of its connection (SELECT, WATCH, CLIENT TRACKING…): a method of
 *   `SessionCommands` only. `"session:blocking"`: it waits for what was done on its connection before (WAIT).
 * - `"pubsub"`: the SUBSCRIBE family, sent by a subscriber; no method. (PUBLISH and PUBSUB are ordinary commands.)
 * - `"tx"`: MULTI, EXEC, DISCARD; no method. (WATCH and UNWATCH are `"session"`.)
 * - `"dedicated"`: it never gives the connection back (MONITOR, SYNC, PSYNC) or is the handshake's (HELLO, QUIT, CLIENT
 *   REPLY); no method.
 * - `"internal"`: for servers and modules among themselves (REPLCONF, PFDEBUG, `FT._…`), or outdated (FT.ADD); no method.
 */
export type Connection =
  | "blocking"
  | `blocking:${string}`
  | "session"
  | "session:blocking"
  | "pubsub"
  | "tx"
  | "dedicated"
  | "internal";

/** What is known about one command. */
export interface Command {
  /** The group it is documented in, with hyphens: `"sorted-set"`. A module's commands have the module's name. */
  group: string;
  /** First release with it, per family. */
  since: Since;
  /** One sentence in our own words, third person, ending with a full stop: "Sets the value of a key." */
  doc: string;
  /** Whatever else a user must know; further sentences of the docstring. */
  note?: string;
  /** The module that brings it: `json`, `search`, `timeseries`, `bloom`, `vectorset`, `valkey-json`, `valkey-search`. */
  module?: string;
  /** The arguments in wire order. Left out: none. */
  args?: Node[];
  /**
   * Alternative argument lists, instead of {@link args}: they become overloads. They must differ in how many required
   * positional parameters they have: `[[password], [username, password]]`.
   */
  forms?: Node[][];
  /** The reply in the language of `codegen/reply.ts`, or branches tried in order, the last one without `when`. */
  reply: string | Branch[];
  /** What `null` means, as the end of a sentence: "the key does not exist". Required where a reply may be null. */
  null?: string;
  /** What the reply is where its type does not say it: "how many members were added". */
  returns?: string;
  /** Cost, in our own terms: "O(1)", "O(n) in the number of fields". */
  complexity?: string;
  /** Changes nothing on the server. */
  ro?: true;
  /** Changes data. Neither `ro` nor `write`: administrative. */
  write?: true;
  /** The connection it needs. */
  conn?: Connection;
  /**
   * Where the keys are, when the nodes of type `key` do not tell it (they do when keys are the first positional list
   * or scalars). Positions count the arguments after the name, from 1: `"1"`, `"1..-1"`, `"1..-1:2"` (step), `"1..2"`,
   * `"numkeys:2"` (a count at 2, then the keys), `"streams"` (the first half of what follows STREAMS), `"?"` (cannot
   * be told), `"none"`.
   */
  keys?: string;
  /** Request policy of a cluster: `all_nodes`, `all_shards`, `multi_shard`, `special`… */
  route?: string;
  /** Response policy of a cluster: `all_succeeded`, `agg_sum`, `agg_min`, `one_succeeded`… */
  merge?: string;
  /** Deprecated, per family: since when, and what to use instead (a sentence's end: "`SET` with `NX`"). */
  deprecated?: { redis?: Deprecation; valkey?: Deprecation; module?: Deprecation };
  /** The snapshot it was merged from; left out when the families agree. */
  src?: string;
  /** Facts that contradict the sources, each with its reason. */
  fix?: Record<string, string>;
}

/** One family's deprecation. */
export interface Deprecation {
  /** The first release that deprecates it. */
  since?: string;
  /** What to use instead: "`SET` with `NX`". */
  use?: string;
}

/** One of the types that a reply may have, by what was asked. */
export interface Branch {
  /**
   * Chosen when at least one of these is present. Each is an option's key (`"withscores"`), the name of an optional
   * positional parameter (`"count"`), several that must be present together (`"count+withscores"`), or a parameter or
   * option with a certain value (`"type=RESET"`). Left out in the last branch, which takes the rest.
   */
  when?: string[];
  /** The reply in the language of `codegen/reply.ts`. */
  type: string;
  /**
   * The name of a shape that the type does not tell: `"geo"` (depends on the options), `"similar"` (VSIM's triples). A
   * row of codegen/decoders.ts.
   */
  decode?: string;
}

/** The types of scalar arguments. */
export type ScalarType =
  /** A key: string or bytes. */
  | "key"
  /** Any text, number or bytes. */
  | "value"
  /** A safe integer. */
  | "int"
  /** An integer of 64 bits: `number | bigint`. */
  | "int64"
  /** A floating point number. */
  | "double"
  /** `number`, `"-inf"`, `"+inf"` or `"(5"`. */
  | "score-bound"
  /** `"-"`, `"+"`, `"[a"`, `"(a"`. */
  | "lex-bound"
  /** A point in time in seconds: a `number` or a `Date`. */
  | "time-s"
  /** A point in time in milliseconds: a `number` or a `Date`. */
  | "time-ms"
  /** A glob-style pattern. */
  | "pattern"
  /** A stream entry's id. */
  | "id"
  /** A SCAN cursor: a string (64 bits do not fit a number). */
  | "cursor"
  /** Binary data. */
  | "bytes"
  /** JSON text. */
  | "json"
  /** `boolean`, sent as `YES` or `NO`. */
  | "yes-no"
  /** `boolean`, sent as `ON` or `OFF`. */
  | "on-off"
  /** `boolean`, sent as `true` or `false`. */
  | "true-false";

/** What any node may carry. */
export interface Modifiers {
  /** A word sent before the node; of a flag, see {@link FlagNode.flag}. Several words: apart by a space. */
  token?: string;
  /** May be left out. A token here means: only when that option is given (GEOSEARCH's FROM… with BYPOLYGON). */
  opt?: true | string;
  /**
   * Several of it.
   * - `"tail"`: a rest parameter, sent one after the other. Only for the last parameter, with no options beside it.
   * - `"array"`: an array, sent one after the other.
   * - `"counted"`: an array, its length sent before it (the count is no node of the tree); with `token`, the token
   *   before the count (`FIELDS 2 a b`).
   * - `"zip"`: of a group of two; all first members are sent, then all second ones (XREAD).
   * - `"some"`: of scalars; one or an array, sent one after the other (`ID 5 7`).
   * - `"joined"`: of scalars; one or an array, sent as one word with commas between (`AGGREGATION avg,max`).
   * - `"each"`: of scalars; an array whose items are each as `"joined"` (`AGGREGATION avg min,max`, a word per key).
   */
  list?: "tail" | "array" | "counted" | "zip" | "some" | "joined" | "each";
  /**
   * Of a `"counted"` list: what is counted, members (the default) or words sent (`PARAMS 4 a 1 b 2`). `"words"` on a group
   * that is no list: how many words its members send is sent before them (`KNN 4 K 10 EF_RUNTIME 5`).
   */
  count?: "items" | "words";
  /** Of a `"counted"` list: may be left out by the caller; then a count of 0 is sent (EVAL). */
  empty?: true;
  /** Of a list: the token is sent before every member (`GET a GET b`), not once. */
  repeat?: true;
  /** Of an option: makes sense only beside that option (its token); said in its doc. */
  needs?: string;
  /** Of an option: not beside that option (its token), which stands elsewhere on the wire; a `oneof` where they are neighbours. */
  not?: string;
  /** Of a scalar: words accepted in its place (`["*"]`, `["$"]`). */
  or?: string[];
  /** Of the value in a `"tail"` list of pairs: the least and the most it may be; anything else is refused before it is sent. */
  range?: [least: number, most: number];
  /** An optional flag sent between the token and the value of what follows it (`MAXLEN ~ 1000`); of a `oneof` too. */
  mid?: FlagNode;
  /** The option's key, when it shall not be the token's: `{"flag":"~","as":"approx"}`. */
  as?: string;
  /** First releases with it, when newer than the command. */
  since?: Since;
  /** One sentence about it. */
  doc?: string;
  /**
   * A TypeScript form other than the rule's; a row of codegen/templates.ts.
   * - `"pairs"`: of a list of a group of two, the first being the key: a record, a Map or entries; a rest or required
   *   list takes plain arguments too: `hset("h", "f", "v")`, `hset("h", { f: "v" })`.
   * - `"pairs-reversed"`: the same when the second is the record's key (ZADD: `{ member: score }`, entries
   *   `[member, score]`, plain arguments in wire order).
   * - `"spread"`: of an optional group: its members are keys of `options` themselves, all required ones together
   *   (XPENDING: `{ start, end, count, idle?, consumer? }`); or all of its choices, where it has nothing else (LMOVEM).
   * - `"object"`: of a required group: one object parameter under the group's `name`.
   */
  ts?: string;
}

/** One value. */
export interface ScalarNode extends Modifiers {
  /** The parameter's name, lower camel case; of a tokened option only used in docs. */
  name: string;
  /** Its type. */
  type: ScalarType;
}

/** A word that is sent or not. Not optional: it is always sent, and no parameter. */
export interface FlagNode extends Modifiers {
  /** The word, or several apart by a space. */
  flag: string;
}

/** One of several words. */
export interface EnumNode extends Modifiers {
  /** The words (a word with a space is sent as two), or the name of one of `$types`. */
  enum: string[] | string;
  /** The parameter's name. */
  name: string;
}

/**
 * One of several nodes, which all are flags or have a token (scalars, lists, groups). As a list (`"list":"array"`): an
 * array of objects with one key each, such as BITFIELD's `[{ get: { encoding, offset } }, { incrby: { … } }]`.
 */
export interface OneofNode extends Modifiers {
  /** The alternatives. */
  oneof: Node[];
  /** The parameter's name, where it is a list. */
  name?: string;
}

/**
 * Several nodes in a row.
 *
 * - required, no list: as if its members stood in its place.
 * - optional with a token: an option that holds an object of the members; when all members are optional, `true` does
 *   too (`full: true`, `full: { count: 5 }`).
 * - optional with a `name` and no token: an option of that name that holds an object (`trim: { maxlen: 5 }`).
 * - optional with neither: trailing optional parameters (BITCOUNT's start and end), flags in it are options.
 * - a list of scalars: labelled tuples (`[longitude, latitude, member][]`); of anything else: objects.
 *
 * In an object, a member's key is its `as`, its token's camel case, or its name.
 */
export interface GroupNode extends Modifiers {
  /** The members in wire order. */
  group: Node[];
  /** The parameter's or option's name. */
  name?: string;
}

/** A node of an argument tree as code walks it: every field that one of the kinds may have. */
export interface ArgumentNode extends Modifiers {
  /** See {@link ScalarNode.name}. */
  name?: string;
  /** See {@link ScalarNode.type}. */
  type?: ScalarType;
  /** See {@link FlagNode.flag}. */
  flag?: string;
  /** See {@link EnumNode.enum}. */
  enum?: string[] | string;
  /** See {@link OneofNode.oneof}. */
  oneof?: ArgumentNode[];
  /** See {@link GroupNode.group}. */
  group?: ArgumentNode[];
}

/** A node of an argument tree. */
export type Node = ScalarNode | FlagNode | EnumNode | OneofNode | GroupNode;

/** Whether a command has a method. */
export function isEmitted(facts: Command): boolean {
  return facts.conn === undefined || isStateful(facts) || facts.conn.startsWith("blocking");
}

/** Whether only sessions have it. */
export function isStateful({ conn }: Command): boolean {
  return conn?.startsWith("session") ?? false;
}
