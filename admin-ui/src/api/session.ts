/** Who is using the page, and whether the gateway wants to know. */
import type { ApiClient } from './client.ts';
import { pathOf } from './endpoints.ts';
import { Observable } from './observable.ts';

export type Role = 'read' | 'write' | 'admin';

/** `GET /_cardinal/session`. */
export interface SessionDocument {
  readonly required: boolean;
  readonly authenticated: boolean;
  readonly name: string | null;
  readonly role: Role | null;
  readonly csrf: string | null;
  readonly ends_at: number | null;
}

export class Session {
  /** Undefined until the gateway has said. */
  readonly document = new Observable<SessionDocument | undefined>(undefined);
  /** Why the dialog for the token is open; undefined: it is not. */
  readonly loginWanted = new Observable<string | undefined>(undefined);
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async read(): Promise<SessionDocument> {
    return this.#take(await this.#client.ask<SessionDocument>(pathOf('session')));
  }

  /** Rejects with an ApiProblem when the token is not taken. */
  async login(token: string): Promise<void> {
    this.#take(await this.#client.ask<SessionDocument>(pathOf('login'), { method: 'POST', body: { token } }));
  }

  async logout(): Promise<void> {
    await this.#client.ask(pathOf('logout'), { method: 'POST' });
    await this.read();
  }

  unauthorized(message: string): void {
    if (this.loginWanted.value === undefined) this.loginWanted.set(message);
  }

  #take(document: SessionDocument): SessionDocument {
    this.#client.csrf = document.csrf ?? undefined;
    const before = this.document.value;
    // The heartbeat brings the same again and again.
    if (JSON.stringify(before) !== JSON.stringify(document)) this.document.set(document);
    if (!document.required || document.authenticated) this.loginWanted.set(undefined);
    else this.unauthorized('');
    return document;
  }
}

/** Whether a role reaches another one. */
export function mayAct(role: Role | null | undefined, needed: Role): boolean {
  const order: readonly (Role | null | undefined)[] = ['read', 'write', 'admin'];
  return order.indexOf(role) >= order.indexOf(needed);
}
