/**
 * Shapes of what the search module tells: RESP2 has lists in which options decide what stands where, RESP3 has maps.
 *
 * @module
 */
import { ReplyError } from "../errors.ts";
import { BYTES, type Reply } from "../resp/reply.ts";
import { double, list, map, struct, text } from "./shape.ts";
import type { Shape } from "./spec.ts";

/** The options that decide what stands in a hit. */
export interface HitOptions {
  /** No fields. */
  readonly nocontent?: boolean | undefined;
  /** With the score. */
  readonly withscores?: boolean | undefined;
  /** With the payload. */
  readonly withpayloads?: boolean | undefined;
  /** With what it was sorted by. */
  readonly withsortkeys?: boolean | undefined;
  /** Which fields; none is no fields, too. */
  readonly return?: readonly unknown[] | undefined;
}

const utf8 = new TextEncoder();
const known: Shape = map();

/** Those of a document; one that has expired meanwhile is told of as null. */
const fields: Shape = (reply, mode) => known(reply ?? [], mode);

/** How many there are, and some of them. */
export function searchHits(options: HitOptions = {}): Shape {
  // As they are now, as the words were sent: by the time that the reply comes they may be for another search.
  const { withscores, withpayloads, withsortkeys } = options;
  const bare = options.nocontent || options.return?.length === 0;
  return (reply, mode) => {
    if (!Array.isArray(reply)) return alone(reply);
    if (!isTotal(reply[0])) return results(reply, mode, mapped);
    checkFirst(reply[1]);
    const hits: unknown[] = [];
    for (let i = 1; i < reply.length;) {
      const hit = record({ id: reply[i++] });
      if (withscores) hit.score = score(reply[i++]!, mode);
      if (withpayloads) hit.payload = reply[i++];
      if (withsortkeys) hit.sortkey = reply[i++];
      if (!bare) hit.extra_attributes = fields(reply[i++]!, mode);
      hits.push(hit);
    }
    return record({ total_results: reply[0], results: hits });
  };
}

function isTotal(reply: Reply | undefined): boolean {
  return typeof reply === "number" || typeof reply === "bigint";
}

/** What is no array: null, an error, or words in place of one. */
function alone(reply: Reply): Reply {
  if (!(reply instanceof Error)) check(reply);
  return reply;
}

/** Where something else was to be, an error or words say what went wrong: some versions tell so inside of a reply. */
function check(said: Reply): void {
  if (said instanceof ReplyError) throw said;
  const words = text(said);
  if (typeof words === "string") throw new ReplyError(words);
}

/** In RESP2 an error stands where the first that was found would, in an array. */
function checkFirst(found: Reply | undefined): void {
  if (Array.isArray(found) && found[0] instanceof ReplyError) throw found[0];
}

/** A number, or a number and how it came about. */
const score: Shape = (reply, mode) => {
  if (!Array.isArray(reply)) return double(reply, mode);
  return [double(reply[0]!, mode), ...reply.slice(1).map(texts)];
};

const mapped: Shape = (reply, mode) => {
  const { id, ...hit } = struct({ score, extra_attributes: fields })(reply, mode) as Record<string, unknown>;
  const kept = record({ id });
  for (const name of ["score", "payload", "sortkey", "extra_attributes"]) if (name in hit) kept[name] = hit[name];
  return kept;
};

/** What both protocols tell of a search, and warnings where there are any. */
function results(reply: Reply[], mode: number | undefined, row: Shape): unknown {
  // What has no name is no map.
  if (reply.length === 1) check(reply[0]!);
  const told = struct({ results: list(row), execution_time: double })(reply, mode) as Record<string, unknown>;
  const kept = record({ total_results: told.total_results, results: told.results });
  for (const name of ["error", "warning", "warnings"]) {
    const said = told[name];
    if (!Array.isArray(said) || said.length === 0) continue;
    // What ended a search early that has found something is no more than a warning, as newer versions call it.
    if (name === "error" && isEmpty(told.results) && (said[0] instanceof Error || !told.total_results)) check(said[0]);
    kept.warning = said.map((one) => one instanceof Error ? one.message : text(one));
  }
  return kept;
}

function isEmpty(list: unknown): boolean {
  return !Array.isArray(list) || list.length === 0;
}

/** Rows that were computed. */
export const searchRows: Shape = (reply, mode): unknown => {
  if (!Array.isArray(reply)) return alone(reply);
  if (!isTotal(reply[0])) return results(reply, mode, row);
  checkFirst(reply[1]);
  return record({ total_results: reply[0], results: reply.slice(1).map((one) => fields(one, mode)) });
};

const row: Shape = (reply, mode) => {
  if (!Array.isArray(reply)) return fields(reply, mode);
  const at = reply.findIndex((name, i) => i % 2 === 0 && text(name) === "extra_attributes");
  return fields(at < 0 ? reply : reply[at + 1]!, mode);
};

/** Rows that were computed, and the cursor of those that follow. */
export const searchBatch: Shape = (reply, mode): unknown => {
  if (!Array.isArray(reply)) return alone(reply);
  if (reply[0] instanceof ReplyError) throw reply[0];
  reply[0] = searchRows(reply[0]!, mode) as Reply;
  return reply;
};

/** What text and vectors together have found. */
export const searchHybrid: Shape = (reply, mode): unknown =>
  Array.isArray(reply) ? results(reply, mode, row) : alone(reply);

/** Words that may be wrong, each with what may be meant and how likely it is. */
export const spellings: Shape = (reply, mode): unknown => {
  if (!Array.isArray(reply)) return reply;
  // RESP3 has them under a name. RESP2 has an array for each; there is none if all words are known.
  const flat = reply.length === 0 || Array.isArray(reply[0])
    ? reply.flatMap((term) => [(term as Reply[])[1]!, swapped((term as Reply[])[2]!)])
    : (reply[1] as Reply[]);
  return map((found) => suggestions(found, mode))(flat, mode);
};

function swapped(found: Reply): Reply {
  return Array.isArray(found) ? found.map((pair) => (pair as Reply[]).toReversed()) : found;
}

const suggestions: Shape = (found, mode) => {
  if (!Array.isArray(found)) return found;
  return found.map((pair) => Array.isArray(pair) ? [pair[0], double(pair[1]!, mode)] : pair);
};

/** Settings by their names. */
export const settings: Shape = (reply, mode): unknown => {
  if (!Array.isArray(reply)) return reply;
  const flat = Array.isArray(reply[0]) ? reply.flatMap((one) => (one as Reply[]).slice(0, 2)) : reply;
  return fields(named(flat, mode), mode);
};

/** With names that are bytes where strings are, though they are sent as simple strings. */
function named(flat: Reply[], mode: number | undefined): Reply[] {
  if (((mode ?? 0) & BYTES) === 0) return flat;
  return flat.map((one, at) => at % 2 === 0 && typeof one === "string" ? utf8.encode(one) : one);
}

/**
 * The settings with what each is for, which is text in every mode: names and maps by turns, or arrays that begin with the
 * name.
 */
export const settingsHelp: Shape = (reply, mode): unknown => {
  if (!Array.isArray(reply)) return reply;
  const flat = Array.isArray(reply[0])
    ? reply.flatMap((one) => [(one as Reply[])[0]!, (one as Reply[]).slice(1)])
    : reply;
  return map((one, mode) => struct()(texts(one), mode))(named(flat, mode), mode);
};

/** Words about a field that have no value; RESP3 has them in a list of their own. */
const FLAGS: ReadonlySet<string> = new Set([
  ...["SORTABLE", "UNF", "NOSTEM", "NOINDEX", "CASESENSITIVE", "WITHSUFFIXTRIE", "INDEXEMPTY", "INDEXMISSING"],
]);

const attribute: Shape = (reply, mode) => {
  if (!Array.isArray(reply)) return reply;
  const flags: Reply[] = [];
  const rest: Reply[] = [];
  for (let i = 0; i < reply.length;) {
    const name = String(text(reply[i]!));
    if (FLAGS.has(name)) flags.push(text(reply[i++]!) as Reply);
    else if (name === "flags") flags.push(...(reply[i + 1] as Reply[]).map((flag) => text(flag) as Reply)), i += 2;
    else rest.push(reply[i++]!, reply[i++]!);
  }
  return record({ ...struct(NUMBERS)(rest, mode) as object, flags });
};

/** What is a number under RESP3 and text under RESP2. */
const NUMBERS: Readonly<Record<string, Shape>> = Object.fromEntries(
  [
    ...["num_docs", "max_doc_id", "num_terms", "num_records", "inverted_sz_mb", "vector_index_sz_mb"],
    ...["total_inverted_index_blocks", "offset_vectors_sz_mb", "doc_table_size_mb", "sortable_values_size_mb"],
    ...["key_table_size_mb", "tag_overhead_sz_mb", "text_overhead_sz_mb", "total_index_memory_sz_mb"],
    ...["geoshapes_sz_mb", "records_per_doc_avg", "bytes_per_record_avg", "offsets_per_term_avg"],
    ...["offset_bits_per_record_avg", "hash_indexing_failures", "total_indexing_time", "indexing"],
    ...["percent_indexed", "number_of_uses", "cleaning", "WEIGHT", "default_score", "indexing failures", "dim"],
  ].map((name) => [name, double]),
);

const errors: Shape = struct(NUMBERS);

const numbers: Shape = (reply, mode) => {
  if (!Array.isArray(reply)) return reply;
  return struct()(reply.map((item, i) => i % 2 === 0 ? item : double(item, mode) as Reply), mode);
};

const index = struct({
  ...NUMBERS,
  index_definition: struct(NUMBERS),
  attributes: list(attribute),
  gc_stats: numbers,
  cursor_stats: numbers,
  dialect_stats: numbers,
  "Index Errors": errors,
  "field statistics": list(struct({ "Index Errors": errors })),
});

/** All that is known of an index. It is text in every mode: which of it are simple strings depends on the version. */
export const indexInfo: Shape = (reply, mode): unknown => index(texts(reply), mode);

/** All of it is text in every mode: what of it is sent as simple strings depends on the version. */
export function texts(reply: Reply): Reply {
  return Array.isArray(reply) ? reply.map(texts) : text(reply) as Reply;
}

function record(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.assign(Object.create(null), fields);
}
