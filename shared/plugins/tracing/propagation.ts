/** `config.propagation` and `header_type`: from which headers a trace is read, and into which it is written. */
import { array, record, string } from '../../config/schema/field.ts';
import { brokenHeaderToken } from '../../config/schema/formats.ts';
import type { Headers } from '../../http/headers.ts';
import {
  bareDecision,
  EXTRACTABLE,
  FORMATS,
  type Format,
  type FormatName,
  INJECTABLE,
  sameForm,
} from './formats.ts';
import type { OutgoingContext, TraceContext } from './trace-context.ts';

export const HEADER_TYPES = ['preserve', 'ignore', ...INJECTABLE] as const;
/** Kong's order. */
const EXTRACT_ALL: readonly FormatName[] = ['b3', 'w3c', 'jaeger', 'ot', 'datadog', 'aws', 'gcp', 'instana'];

export function propagationField<const D extends FormatName>(defaultFormat: D) {
  return record(
    {
      extract: array(string({ oneOf: EXTRACTABLE }), {
        description: 'Formats that are read, in this order; the first that says something counts.',
      }),
      clear: array(string({ custom: brokenHeaderToken }), {
        description: 'Headers that are taken out of the request.',
      }),
      inject: array(string({ oneOf: ['preserve', ...INJECTABLE] }), {
        description: 'Formats that are written; preserve: the one that was read, else default_format.',
      }),
      default_format: string({
        required: true,
        default: defaultFormat as FormatName,
        oneOf: INJECTABLE,
        description: 'What preserve means when nothing was read.',
      }),
    },
    { required: true, description: 'From which headers traces are read, and into which they are written.' },
  );
}

export interface PropagationConfig {
  readonly header_type: (typeof HEADER_TYPES)[number] | null;
  readonly propagation: {
    readonly extract: readonly FormatName[] | null;
    readonly clear: readonly string[] | null;
    readonly inject: readonly ('preserve' | FormatName)[] | null;
    readonly default_format: FormatName;
  };
}

export class Propagation {
  readonly #extract: readonly FormatName[];
  readonly #clear: readonly string[];
  readonly #inject: readonly Format[];
  readonly #preserves: boolean;
  readonly defaultFormat: FormatName;

  constructor({ header_type: type, propagation }: PropagationConfig) {
    this.defaultFormat = propagation.default_format;
    this.#extract = propagation.extract ?? (type === 'ignore' ? [] : EXTRACT_ALL);
    this.#clear = propagation.clear ?? [];
    const inject =
      propagation.inject ??
      (type === 'ignore'
        ? [this.defaultFormat]
        : type === null || type === 'preserve'
          ? (['preserve'] as const)
          : (['preserve', type] as const));
    this.#preserves = inject.includes('preserve');
    this.#inject = [...new Set(inject)]
      .filter((name): name is FormatName => name !== 'preserve')
      .map((name) => FORMATS[name]);
  }

  /** Fills `found` with the format that said it. */
  extract(headers: Headers): { readonly context: TraceContext; readonly format: FormatName } | undefined {
    for (const name of this.#extract) {
      const context = FORMATS[name].extract(headers);
      if (context !== undefined) return { context, format: sameForm(name, headers) };
    }
    return undefined;
  }

  /** What the caller has decided without naming a trace. */
  decision(headers: Headers): boolean | undefined {
    return this.#extract.includes('b3') ? bareDecision(headers) : undefined;
  }

  /** `format` is that which `extract` found. */
  inject(headers: Headers, context: OutgoingContext, format: FormatName | undefined): void {
    for (const name of this.#clear) headers.remove(name);
    if (this.#preserves) FORMATS[format ?? this.defaultFormat].inject(headers, context);
    for (const one of this.#inject) one.inject(headers, context);
  }
}
