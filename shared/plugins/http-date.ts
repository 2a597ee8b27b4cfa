/** Dates of HTTP (RFC 9110 section 5.6.7): the one form that is written and the two old ones that are read. */

const IMF = /^[A-Z][a-z]{2}, (\d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2}) GMT$/;
const RFC850 = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}:\d{2}:\d{2}) (\d{4})$/;

/** Milliseconds since the epoch; NaN for anything else. */
export function parseHttpDate(text: string): number {
  const imf = IMF.exec(text);
  if (imf !== null) return Date.parse(`${imf[1]} GMT`);
  const old = RFC850.exec(text);
  if (old !== null) {
    const year = Number(old[3]) + (Number(old[3]) < 70 ? 2000 : 1900);
    return Date.parse(`${old[1]} ${old[2]} ${year} ${old[4]} GMT`);
  }
  const asctime = ASCTIME.exec(text);
  if (asctime === null) return Number.NaN;
  return Date.parse(`${asctime[2]!.trim()} ${asctime[1]} ${asctime[4]} ${asctime[3]} GMT`);
}
