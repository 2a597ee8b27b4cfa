/**
 * Headers as named values. What is rendered from a request becomes a value that cannot end its line; names that
 * are none are left alone. `Host` is not here: it is no header like others.
 */
import type { Headers } from '../../http/headers.ts';
import { isToken } from '../../http/octets.ts';
import { headerText } from '../header-text.ts';
import type { NamedValues } from './changes.ts';

export class HeaderValues implements NamedValues {
  readonly #headers: Headers;

  constructor(headers: Headers) {
    this.#headers = headers;
  }

  has(name: string): boolean {
    return !isHost(name) && this.#headers.has(name);
  }

  remove(name: string): void {
    if (!isHost(name)) this.#headers.remove(name);
  }

  rename(from: string, to: string): void {
    if (!isToken(to) || isHost(to)) return;
    const values = this.#headers.getAll(from);
    this.#headers.remove(from);
    if (to.toLowerCase() !== from.toLowerCase()) this.#headers.remove(to);
    for (const value of values) this.#headers.append(to, value);
  }

  set(name: string, value: unknown): void {
    if (!isHost(name)) this.#headers.set(name, headerText(String(value)));
  }

  append(name: string, value: unknown): void {
    if (!isHost(name)) this.#headers.append(name, headerText(String(value)));
  }
}

function isHost(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === 'host';
}
