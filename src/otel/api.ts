/**
 * As much of `@opentelemetry/api` as is used here. Its own tracers and meters fit.
 *
 * @module
 */

/** Names and values that describe a span or a measurement. */
export type Attributes = Record<string, string | number>;

/** What of a span is used. */
export interface SpanLike {
  /** Adds to what describes it. */
  setAttributes(attributes: Attributes): unknown;
  /** Says whether it failed. */
  setStatus(status: { code: number }): unknown;
  /** Ends it now. */
  end(): void;
}

/** What of a tracer is used. */
export interface TracerLike {
  /** Begins a span as a child of the active one. */
  startSpan(name: string, options?: { kind?: number; attributes?: Attributes }): SpanLike;
}

/** What of a histogram is used. */
export interface HistogramLike {
  /** Takes a measurement. */
  record(value: number, attributes?: Attributes): void;
}

/** What measurements are reported to. */
export interface ResultLike {
  /** Reports one. */
  observe(value: number, attributes?: Attributes): void;
}

/** What of an observable counter is used. */
export interface ObservableLike {
  /** Has itself asked for measurements. */
  addCallback(callback: (result: ResultLike) => void): void;
  /** Ends that. */
  removeCallback(callback: (result: ResultLike) => void): void;
}

/** What describes an instrument. */
export interface InstrumentOptions {
  /** What it measures. */
  description?: string | undefined;
  /** In what. */
  unit?: string | undefined;
  /** How it had better be aggregated. */
  advice?: { explicitBucketBoundaries?: number[] } | undefined;
}

/** What of a meter is used. */
export interface MeterLike {
  /** Makes a histogram. */
  createHistogram(name: string, options?: InstrumentOptions): HistogramLike;
  /** Makes a counter that is asked for its value. */
  createObservableUpDownCounter(name: string, options?: InstrumentOptions): ObservableLike;
}
