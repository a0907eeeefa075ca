/**
 * The shapes that a branch of a reply may ask for by name: what its type alone does not tell.
 *
 * @module
 */

/** Where a shape comes from, and how to get it. */
export interface Decoder {
  /** The file in src/command. */
  readonly file: string;
  /** The expression, in a method's body. */
  readonly expression: string;
}

const simple = (file: string, ...names: string[]): [string, Decoder][] =>
  names.map((name) => [name, { file, expression: name }]);

/** All of them, by name. */
export const DECODERS: Readonly<Record<string, Decoder>> = Object.fromEntries<Decoder>([
  ["geo", { file: "shape.ts", expression: "geo(options)" }],
  ["searchHits", { file: "search_shape.ts", expression: "searchHits(options)" }],
  ...simple("shape.ts", "backupStatus", "pendingSummary", "similar", "streamEntries", "values"),
  ...simple("json_shape.ts", "jsonNumbers", "jsonTypes", "jsonList", "jsonNames", "jsonToggled"),
  ...simple("series_shape.ts", "lastOfSeries", "rangesOfSeries", "seriesInfo"),
  ...simple("search_shape.ts", "searchRows", "searchBatch", "searchHybrid", "indexInfo", "spellings"),
  ...simple("search_shape.ts", "settings", "settingsHelp", "texts"),
]);
