/**
 * The body of a request as the fields that it gives: JSON as it is, forms with types inferred from a schema.
 * Kong's rules for content types and Kong's texts. Every body is bounded before it is read.
 */
import express, { type Request, type Response } from 'express';
import type { RecordField } from '../../../shared/config/schema/field.ts';
import { Refusal, refuse } from '../http/answer.ts';
import { decodeForm, MAX_ARGUMENTS } from '../http/query.ts';
import { type FormNode, type FormValue, formTree } from './form-tree.ts';
import { inferRecord } from './infer.ts';
import { jsonObject } from './json-text.ts';
import { multipartParts } from './multipart.ts';

const UNSUPPORTED = new Refusal({ status: 415 });
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class RequestBody {
  readonly #json: Readonly<Record<string, unknown>> | undefined;
  readonly #form: FormNode | undefined;

  private constructor(json: Readonly<Record<string, unknown>> | undefined, form: FormNode | undefined) {
    this.#json = json;
    this.#form = form;
  }

  /** Rejects with a Refusal: 400, 413 or 415. */
  static async of(given: string | undefined, octets: () => Promise<Buffer>): Promise<RequestBody> {
    const type = given?.toLowerCase() ?? '';
    if (given === undefined || type.trim() === '') {
      if ((await octets()).length > 0) throw UNSUPPORTED;
      return new RequestBody(Object.create(null), undefined);
    }
    if (type.startsWith('application/json')) {
      const json = jsonObject(await octets());
      if (json === undefined) throw refuse(400, 'Cannot parse JSON body');
      return new RequestBody(json, undefined);
    }
    if (type.startsWith('application/x-www-form-urlencoded')) {
      return new RequestBody(undefined, formTree(decodeForm((await octets()).toString('latin1'))));
    }
    if (type.startsWith('multipart/form-data')) {
      return new RequestBody(undefined, formTree(multipartPairs(given, await octets())));
    }
    throw UNSUPPORTED;
  }

  /** A text field at the top, whatever the schema; undefined when there is none or it is no text. */
  text(name: string): string | undefined {
    const value =
      this.#form === undefined
        ? this.#json !== undefined && Object.hasOwn(this.#json, name)
          ? this.#json[name]
          : undefined
        : this.#form.named.get(name)?.values[0];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** The fields; a new object each time. */
  fields(schema: RecordField): Record<string, unknown> {
    if (this.#form !== undefined) return inferRecord(this.#form, schema);
    return Object.assign(Object.create(null) as Record<string, unknown>, this.#json);
  }
}

/** Two of them could be read in two ways; Node keeps the first one. Throws a Refusal. */
export function requireOneContentType({ rawHeaders }: Pick<Request, 'rawHeaders'>): void {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).toLowerCase() === 'content-type') count++;
  }
  if (count > 1) throw refuse(400, 'Multiple Content-Type headers not allowed');
}

function multipartPairs(contentType: string, octets: Buffer): (readonly [string, FormValue])[] {
  const parts = multipartParts(contentType, octets, MAX_ARGUMENTS);
  if (parts === undefined) throw refuse(400, 'Cannot parse form body');
  if (parts === 'too many') throw refuse(400, 'Too many arguments');
  return parts.map(({ name, type, content }) => {
    if (type !== 'application/json') return [name, utf8(content)] as const;
    const json = jsonObject(Buffer.concat([Buffer.from('{"part":'), content, Buffer.from('}')]));
    if (json === undefined || Object.keys(json).length !== 1) throw refuse(400, 'Cannot parse form body');
    return [name, { json: json['part'] }] as const;
  });
}

function utf8(octets: Buffer): string {
  try {
    return decoder.decode(octets);
  } catch {
    throw refuse(400, 'Cannot parse form body');
  }
}

/** The whole body, content codings undone. Rejects with a Refusal when it is too large or broken. */
export function readOctets(request: Request, response: Response, maxBytes: number): Promise<Buffer> {
  const read = express.raw({ type: () => true, limit: maxBytes });
  return new Promise((resolve, reject) => {
    read(request, response, (error?: unknown) => {
      if (error === undefined) resolve(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
      else reject(unreadable(error as { readonly status?: number }));
    });
  });
}

function unreadable({ status }: { readonly status?: number }): Refusal {
  if (status === 413) return refuse(413, 'Payload too large');
  return status === 415 ? UNSUPPORTED : refuse(400, 'Bad request');
}
