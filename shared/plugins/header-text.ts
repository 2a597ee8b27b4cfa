/**
 * Free text from the configuration (a username, a realm) as a header value: header values are latin1
 * without controls, so other text goes as its UTF-8 bytes and controls become spaces.
 */
export function headerText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return Buffer.from(text.replace(/[\x00-\x1f\x7f]/g, ' '), 'utf8').toString('latin1');
}

/** A text of the configuration that becomes a header value as it is. */
export function brokenFieldValue(text: string): string | undefined {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text) ? undefined : 'has characters that no header value may have';
}
