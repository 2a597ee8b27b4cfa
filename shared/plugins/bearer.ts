/** `Bearer <token>` (RFC 6750 section 2.1): what stands behind the scheme and at least one blank. */
export function bearerToken(value: string): string | undefined {
  if (value.length < 8 || value[6] !== ' ' || value.slice(0, 6).toLowerCase() !== 'bearer') return undefined;
  const token = value.slice(7).trim();
  return token === '' ? undefined : token;
}
