/** Documents in Redis: a hash for each kind, and the ends of those that end. The server's clock decides. */
import { StoreConflict, type StoredDocument } from '../contract.ts';
import { Slices } from '../slices.ts';
import { byText, decodeDocument, encodeValue, StoredValueError } from '../stored-value.ts';
import type { RedisConnection } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { scanHash } from './scan.ts';
import { DELETE_DOCUMENT, GET_DOCUMENT, NOW, PUT_DOCUMENT } from './scripts.ts';

export class RedisDocuments {
  readonly #connection: RedisConnection;
  readonly #keys: StoreKeys;

  constructor(connection: RedisConnection, keys: StoreKeys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  async get(kind: string, key: string): Promise<StoredDocument | undefined> {
    const text = await this.#connection.run(GET_DOCUMENT, [this.#keys.documents(kind)], [key]);
    return text === null ? undefined : parsed(kind, key, text as string).document;
  }

  async all(kind: string): Promise<readonly StoredDocument[]> {
    const name = this.#keys.documents(kind);
    const now = Number(await this.#connection.run(NOW, [name], []));
    const documents: StoredDocument[] = [];
    const slices = new Slices();
    for (const [key, text] of await scanHash(this.#connection, name)) {
      const { document, endsAt } = parsed(kind, key, text);
      if (endsAt === 0 || endsAt > now) documents.push(document);
      await slices.took(text);
    }
    return documents.sort((a, b) => byText(a.key, b.key));
  }

  /** As `Store.putDocument`. */
  async put(
    kind: string,
    key: string,
    value: unknown,
    { expected, ttlSeconds }: { readonly expected?: number; readonly ttlSeconds?: number },
  ): Promise<StoredDocument> {
    const text = encodeValue(value);
    const wanted = expected === undefined ? '' : String(expected);
    const ttlMs = ttlSeconds === undefined ? '' : String(Math.ceil(ttlSeconds * 1000));
    const keys = [this.#keys.documents(kind), this.#keys.ends(kind)];
    const answer = await this.#connection.run(PUT_DOCUMENT, keys, [key, text, wanted, ttlMs], text.length);
    const [result, version] = answer as [string, string];
    if (result === 'conflict') {
      throw new StoreConflict(`${kind} '${key}' is at version ${version}, not ${expected}`);
    }
    return decodeDocument(kind, key, Number(version), text);
  }

  async delete(kind: string, key: string): Promise<boolean> {
    const keys = [this.#keys.documents(kind), this.#keys.ends(kind)];
    return (await this.#connection.run(DELETE_DOCUMENT, keys, [key])) === 1;
  }
}

function parsed(
  kind: string,
  key: string,
  text: string,
): { readonly document: StoredDocument; readonly endsAt: number } {
  const match = /^(\d{1,15}) (\d{1,16}) /.exec(text);
  if (match === null) throw new StoredValueError(`documents of ${kind}`, key, 'has no version');
  const document = decodeDocument(kind, key, Number(match[1]), text.slice(match[0].length));
  return { document, endsAt: Number(match[2]) };
}
