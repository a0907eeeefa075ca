/**
 * What a server may make us hold.
 *
 * @module
 */

/** Bounds on a reply. What breaks one ends the connection with a `ProtocolError`. */
export interface Limits {
  /** How deep aggregates may nest; 128 unless given. */
  readonly depth?: number | undefined;
  /** The most elements of one aggregate, keys and values of a map counted apart; 2^26 unless given. */
  readonly elements?: number | undefined;
  /** The most bytes of one string; 512 MiB unless given. */
  readonly bulk?: number | undefined;
  /** The most bytes of one line: a status, an error, a number; 64 KiB unless given. */
  readonly line?: number | undefined;
  /** The most bytes of working memory kept while nothing is being decoded; 64 KiB unless given. */
  readonly idle?: number | undefined;
}

/** The limits of a decoder that is given none. */
export const DEFAULT_LIMITS: { readonly [K in keyof Limits]-?: NonNullable<Limits[K]> } = {
  depth: 128,
  elements: 2 ** 26,
  bulk: 512 * 1024 * 1024,
  line: 64 * 1024,
  idle: 64 * 1024,
};
