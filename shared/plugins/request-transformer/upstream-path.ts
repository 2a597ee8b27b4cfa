/** A rendered `replace.uri` as a path that can be sent, and that stays where the configuration put it. */

/** Everything that may not stand in a path; `?` and `#` would end it. */
const UNSAFE = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]+/g;
const LONE_PERCENT = /%(?![0-9A-Fa-f]{2})/g;
/** A segment that servers take for `.` or `..`, in any spelling, and the backslash that some take for a slash. */
const DOT_SEGMENT = /(?:^|\/|%2f|%5c)(?:\.|%2e){1,2}(?=$|\/|;|%2f|%5c)/i;

/** Undefined when parts of the request would lead it elsewhere. */
export function upstreamPath(rendered: string): string | undefined {
  const path = rendered.toWellFormed().replace(LONE_PERCENT, '%25').replace(UNSAFE, encodeURIComponent);
  if (DOT_SEGMENT.test(path)) return undefined;
  return path.startsWith('/') ? path : `/${path}`;
}
