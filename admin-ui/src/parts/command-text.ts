/** Requests and entities as lines for a shell. */

/** One argument, quoted when it must be. */
export function shellQuoted(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The token stands there as a variable: what is copied holds no secret. */
export function curlOf(
  url: string,
  options: { readonly method?: string; readonly body?: unknown; readonly token?: boolean } = {},
): string {
  const { method = 'GET', body, token = false } = options;
  const parts = ['curl'];
  if (method !== 'GET') parts.push('-X', method);
  parts.push(shellQuoted(url));
  if (token) parts.push('-H', '"Authorization: Bearer $CARDINAL_ADMIN_TOKEN"');
  if (body !== undefined) {
    parts.push('-H', "'Content-Type: application/json'", '-d', shellQuoted(JSON.stringify(body)));
  }
  return parts.join(' ');
}
