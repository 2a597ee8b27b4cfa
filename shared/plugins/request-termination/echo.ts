/** A request as JSON-ready data, in the shape that Kong echoes it. */
import type { BodyArgs } from '../body-args.ts';
import type { Exchange } from '../contract.ts';

export function describeRequest(exchange: Exchange, raw: Buffer | null, args: BodyArgs | undefined): object {
  const { request } = exchange;
  const headers: Record<string, string | string[]> = Object.create(null);
  request.headers.forEach((name) => {
    const values = request.headers.getAll(name);
    headers[name.toLowerCase()] = values.length === 1 ? values[0]! : values;
  });
  return {
    scheme: request.scheme,
    host: request.host,
    port: request.port,
    headers,
    query: describeQuery(request.query),
    body: args?.all(),
    raw_body: raw === null || raw.length === 0 ? undefined : raw.toString('utf8'),
    method: request.method,
    path: request.path,
    uri_captures: describeCaptures(exchange.captures),
  };
}

function describeQuery(query: string): object {
  const described: Record<string, string | boolean | (string | boolean)[]> = Object.create(null);
  for (const part of query.split('&')) {
    for (const [name, text] of new URLSearchParams(part)) {
      const value = part.includes('=') ? text : true;
      const known = described[name];
      described[name] = known === undefined ? value : [known, value].flat();
    }
  }
  return described;
}

function describeCaptures(captures: Readonly<Record<string, string>> | undefined): object {
  const named: Record<string, string> = Object.create(null);
  const unnamed: string[] = [];
  for (const [name, value] of Object.entries(captures ?? {})) {
    if (/^\d+$/.test(name)) unnamed[Number(name) - 1] = value;
    else named[name] = value;
  }
  return { named, unnamed };
}
