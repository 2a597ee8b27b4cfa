/** A request that a route should match, as far as one can be made up. */

export interface SampleRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function sampleRequest(route: Readonly<Record<string, unknown>>): SampleRequest {
  const first = (field: string): string | undefined => {
    const value = route[field];
    return Array.isArray(value) && typeof value[0] === 'string' ? value[0] : undefined;
  };
  const protocols = route['protocols'];
  const scheme =
    Array.isArray(protocols) && protocols.includes('https') && !protocols.includes('http') ? 'https' : 'http';
  const host = (first('hosts') ?? 'localhost').replace('*', 'example');
  const path = first('paths') ?? '/';
  const headers: Record<string, string> = {};
  const wanted = route['headers'];
  if (typeof wanted === 'object' && wanted !== null) {
    for (const [name, values] of Object.entries(wanted)) {
      const value: unknown = Array.isArray(values) ? values[0] : values;
      if (typeof value === 'string' && !value.startsWith('~*')) headers[name] = value;
    }
  }
  return {
    method: first('methods') ?? 'GET',
    url: `${scheme}://${host}${path.startsWith('~') ? fromPattern(path.slice(1)) : path}`,
    headers,
  };
}

/** Of simple patterns: groups and classes become a letter or a digit. Others stay to be mended by whoever sees them. */
function fromPattern(pattern: string): string {
  return pattern
    .replace(/^\^/, '')
    .replace(/\$$/, '')
    .replace(/\(\?<[^>]*>/g, '(')
    .replace(/\(\?:/g, '(')
    .replace(/\\d[+*]?|\[0-9\][+*]?/g, '1')
    .replace(/\\w[+*]?|\[\^\/\][+*]?|\.[+*]/g, 'a')
    .replace(/\\(.)/g, '$1')
    .replace(/[()?]/g, '');
}
