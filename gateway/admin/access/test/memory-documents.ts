/** Documents in memory, as a store keeps them; counts what is read and can be made to fail. */
import { type Store, StoreConflict, type StoredDocument, StoreUnavailable } from '../../../store/contract.ts';

export class MemoryDocuments
  implements Pick<Store, 'document' | 'documents' | 'putDocument' | 'deleteDocument'>
{
  readonly kept = new Map<string, StoredDocument>();
  reads = 0;
  writes = 0;
  down = false;

  async document(kind: string, key: string): Promise<StoredDocument | undefined> {
    this.#up();
    return this.kept.get(`${kind}/${key}`);
  }

  async documents(kind: string): Promise<readonly StoredDocument[]> {
    this.#up();
    this.reads++;
    return [...this.kept.values()]
      .filter((document) => document.kind === kind)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async putDocument(
    kind: string,
    key: string,
    value: unknown,
    options: { readonly expected?: number } = {},
  ): Promise<StoredDocument> {
    this.#up();
    const name = `${kind}/${key}`;
    const version = this.kept.get(name)?.version ?? 0;
    if (options.expected !== undefined && options.expected !== version)
      throw new StoreConflict(`${name} is at ${version}`);
    this.writes++;
    const document = { kind, key, value: structuredClone(value), version: version + 1 };
    this.kept.set(name, document);
    return document;
  }

  async deleteDocument(kind: string, key: string): Promise<boolean> {
    this.#up();
    return this.kept.delete(`${kind}/${key}`);
  }

  #up(): void {
    if (this.down) throw new StoreUnavailable('the store is down');
  }
}
