/** Where a token may be in a request. The same token in several places is one; two different ones are a refusal. */
import { bearerToken } from '../bearer.ts';
import type { RequestView } from '../contract.ts';
import { cookieValues } from '../cookies.ts';

export interface TokenPlaces {
  readonly queryArgs: readonly string[];
  readonly cookies: readonly string[];
  readonly headers: readonly string[];
}

export const SEVERAL = Symbol('several tokens');

export function findToken(request: RequestView, places: TokenPlaces): string | typeof SEVERAL | undefined {
  let found: string | undefined;
  if (request.query !== '') {
    for (const name of places.queryArgs) {
      for (const value of request.queryArgs(name)) {
        if (value === '' || value === found) continue;
        if (found !== undefined) return SEVERAL;
        found = value;
      }
    }
  }
  for (const name of places.cookies) {
    for (const value of cookieValues(request.headers, name)) {
      if (value === '' || value === found) continue;
      if (found !== undefined) return SEVERAL;
      found = value;
    }
  }
  for (const name of places.headers) {
    for (const value of request.headers.getAll(name)) {
      const token = bearerToken(value);
      if (token === undefined || token === found) continue;
      if (found !== undefined) return SEVERAL;
      found = token;
    }
  }
  return found;
}
