/** Where this gateway takes requests, for a line that people paste. */

/** `listen`: the setting `proxy_listen`. `here`: the host under which the page was reached. Undefined: it takes none. */
export function proxyAddress(listen: string, here: string): string | undefined {
  for (const entry of listen.split(',')) {
    const [address = '', ...flags] = entry.trim().split(/\s+/);
    const match = /^(.+):(\d+)$/.exec(address);
    if (match === null || flags.includes('ssl')) continue;
    const [, host = '', port = ''] = match;
    const everywhere = host === '0.0.0.0' || host === '[::]' || host === '::';
    return `http://${everywhere ? here : host}:${port}`;
  }
  return undefined;
}

/** A line that sends the first request of a route. */
export function firstRequest(
  proxy: string,
  {
    method,
    url,
    headers,
  }: { readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, string>> },
  hosts: readonly string[],
): string {
  const { pathname, hostname } = new URL(url);
  const parts = ['curl', '-i'];
  if (method !== 'GET') parts.push('-X', method);
  if (hosts.length > 0) parts.push('-H', `'Host: ${hostname}'`);
  for (const [name, value] of Object.entries(headers))
    parts.push('-H', `'${name}: ${value.replaceAll("'", "'\\''")}'`);
  parts.push(/^[\w./:-]+$/.test(proxy + pathname) ? proxy + pathname : `'${proxy}${pathname}'`);
  return parts.join(' ');
}
