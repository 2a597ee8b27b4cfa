/** What the Admin API says when it does not do what it was asked, as one error with all that people need to know. */

/** Messages by field, nested as the entity is; `@entity` are those about the whole. */
export interface FieldErrors {
  readonly [field: string]: string | readonly (string | null | FieldErrors)[] | FieldErrors;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
}

export class ApiProblem extends Error {
  /** 0: no answer came. */
  readonly status: number;
  readonly asked: Asked;
  readonly code: number | undefined;
  readonly fields: FieldErrors | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    asked: Asked,
    status: number,
    message: string,
    more: {
      readonly code?: number | undefined;
      readonly fields?: FieldErrors | undefined;
      readonly requestId?: string | undefined;
      readonly retryAfterSeconds?: number | undefined;
    } = {},
  ) {
    super(message);
    this.name = 'ApiProblem';
    this.status = status;
    this.asked = asked;
    this.code = more.code;
    this.fields = more.fields;
    this.requestId = more.requestId;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }

  /** The configuration is not this API's to change. */
  get readOnly(): boolean {
    return this.status === 405 && this.code === 12;
  }
}

/** Of an answer whose status is an error. */
export function problemOf(asked: Asked, status: number, headers: Headers, text: string): ApiProblem {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) body = parsed as Record<string, unknown>;
  } catch {
    // Whatever stands between may answer with a page of its own.
  }
  const message =
    typeof body['message'] === 'string' ? body['message'] : text.slice(0, 300).trim() || `status ${status}`;
  const retry = Number(headers.get('retry-after') ?? Number.NaN);
  return new ApiProblem(asked, status, message, {
    code: typeof body['code'] === 'number' ? body['code'] : undefined,
    fields:
      typeof body['fields'] === 'object' && body['fields'] !== null
        ? (body['fields'] as FieldErrors)
        : undefined,
    requestId: headers.get('x-kong-request-id') ?? undefined,
    retryAfterSeconds: Number.isFinite(retry) ? retry : undefined,
  });
}

export function isProblem(error: unknown): error is ApiProblem {
  return error instanceof ApiProblem;
}
