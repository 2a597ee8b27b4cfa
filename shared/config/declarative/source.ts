/**
 * A parsed document: its plain value, and where each part of it stands in the text. Objects in the value have
 * no prototype, so that every key is only a key. Values under aliases are shared: never change them.
 */
import type { Path } from '../schema/problem.ts';
import type { FindingCode } from './finding-codes.ts';

/** Offsets in the text, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Located {
  /** The key under which the value stands; undefined in lists and at the root. */
  readonly key: Span | undefined;
  /** Undefined when the value is absent or written as nothing. */
  readonly value: Span | undefined;
  /** Start of the nearest record or list around it, for what is absent. */
  readonly container: Span;
  /** The alias through which the value came, when it stands at an anchor elsewhere. */
  readonly alias: Span | undefined;
}

export interface SourceDocument {
  readonly value: unknown;
  locate(path: Path): Located;
}

/** Why a text is no document. */
export interface SourceProblem {
  readonly code: FindingCode;
  readonly message: string;
  readonly span: Span;
  readonly help?: string;
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
}

export type Parsed =
  | { readonly ok: true; readonly document: SourceDocument }
  | { readonly ok: false; readonly problems: readonly SourceProblem[] };

/** Collections nested deeper than this are refused. */
export const MAX_DEPTH = 100;
/** How many values all aliases of a document may stand for: a short text must not cost much to read. */
export const MAX_ALIASED_NODES = 500_000;
/** Of one parsing, not more problems than this are reported. */
export const MAX_SYNTAX_PROBLEMS = 50;
