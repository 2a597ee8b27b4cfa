/**
 * Makes messages that are mostly valid, out of the parts where parsers are known to disagree: framing
 * fields, white space, line ends, versions, target forms, chunk sizes, extensions, trailers.
 */
import type { Random } from './random.ts';

const METHODS = [
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'PUT',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'QUERY',
  'M-SEARCH',
];
const ODD_METHODS = [
  'get',
  'GE',
  'GETS',
  'CONNECT',
  'TRACE',
  'PRI',
  'FOO',
  'SOURCE',
  'LINK',
  'ANNOUNCE',
  'G\0T',
  '',
];
const TARGETS = [
  '/',
  '/a',
  '/a/b?c=d',
  '/%41',
  '/a//b',
  '/?',
  '/a;b',
  "/!$&'()*+,;=:@",
  '/a?b|c',
  '/[x]',
  '/{x}',
  '/"x"',
];
const ODD_TARGETS = [
  '*',
  'a',
  '/a#b',
  '/a b',
  '/\x80',
  '/\t',
  'http://a/x',
  'http://a',
  'http://a?x',
  'http://u@a/',
  'https://a/',
  'ftp://a/',
  'http:///x',
  '//a',
  'a:80',
  'http://a:99999/',
  '/\x7f',
  '/\\',
  '/^`',
  '/<>',
  '',
  'HTTP://A/b',
  '?x',
  'http:/a',
];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'];
const ODD_VERSIONS = [
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'HTTP/1.10',
  'HTTP/01.1',
  'http/1.1',
  'HTTP/1.1 ',
  ' HTTP/1.1',
  'HTTP/1,1',
  'HTTP/1',
  'RTSP/1.0',
  'ICE/1.0',
  '',
  'HTTP/1.',
  'HTTP/11',
];
const HOSTS = ['a', 'example.test', 'a:80', '127.0.0.1:8000', '[::1]', '[::1]:80', 'A.b.', 'a_b'];
const ODD_HOSTS = [
  '',
  'a, b',
  'u@a',
  'a/b',
  'a b',
  'a:99999',
  '[::1',
  'a..b',
  '.',
  'a:b',
  '\x80',
  'a\tb',
  '%61',
];
const NAMES = [
  'X',
  'Accept',
  'x-long-name-here',
  'Cookie',
  'Set-Cookie',
  '!#$%&',
  'x_y',
  'Via',
  'Content_Length',
  'X-Forwarded-For',
  'Date',
];
const ODD_NAMES = [
  'X ',
  ' X',
  'X[]',
  'X\x85',
  '',
  '\0',
  'X(',
  'X\t',
  '@',
  'Content-Length\0',
  'Transfer-Encoding ',
  '"x"',
];
const VALUES = ['1', 'a b', 'a, b', '', '\x80\xff', 'a\tb', '"q"', ';=,:', 'x'.repeat(50)];
const ODD_VALUES = ['a\0b', 'a\rb', 'a\nb', '\x7f', '\x01', 'a\r\n b', '\x0b', '\x0c', '\r', '\n'];
const LENGTHS = ['5', '0', '3', '10', '005', '5 '];
const ODD_LENGTHS = [
  '+5',
  '-1',
  '-0',
  '0x5',
  '5 5',
  '5_0',
  '1e2',
  '',
  ',5',
  '5,',
  '5, 5',
  '5,6',
  '9007199254740993',
  '99999999999999999999',
  '5\x0b',
  '\t5',
  '5;',
  '18446744073709551621',
  '184467440737095516160',
  '\xb2',
];
const CODINGS = ['chunked', 'chunked', 'chunked', 'Chunked', 'chunked ', '\tchunked'];
const ODD_CODINGS = [
  'gzip, chunked',
  'chunked, gzip',
  'chunked, chunked',
  'identity',
  'xchunked',
  'chunkedx',
  'chunked;a=b',
  '',
  ',chunked',
  'chunked,',
  '"chunked"',
  'chunked\x0b',
  '\x0bchunked',
  'chun ked',
  'gzip',
  'chunked\0',
  'identity, chunked',
  'deflate',
  'gzip chunked',
  'chunked,identity',
  'chu\x80nked',
];
const CONNECTIONS = [
  'keep-alive',
  'close',
  'Keep-Alive',
  'CLOSE',
  'x',
  'close, keep-alive',
  'keep-alive, x',
  'te',
  '',
  'closed',
  'close ',
  ',close',
  'upgrade',
  'close;x',
  'x-y, close',
  '"close"',
  'close\t,',
];
const EXTENSIONS = [';a', ';a=b', ';a="b"', ';a="b\\"c";d=e', ';a="\x80"'];
const ODD_EXTENSIONS = [
  ';',
  ';=x',
  '; a',
  ';a =b',
  ';a="b',
  ';a="b"c',
  ' ;a',
  ';a\0',
  ';a\r',
  ';a="\r\n"',
  ';\t',
  ';a=',
  ';;a',
  ';a="\x01"',
  ' ',
  '\t',
];
const ODD_SIZES = [
  '0x5',
  '+5',
  '-5',
  ' 5',
  '5 ',
  '5_0',
  '',
  '00000000000000005',
  'ffffffffffffffff',
  '10000000000000000',
  'g',
  '5.',
  '5\0',
  '1fffffffffffff',
];
const ENDS = ['\n', '\r', '\r\r\n', '\r\n\r', '\n\r', ' \r\n', '\0\r\n', '\r \n', '\r\n\r\n'];
const REASONS = ['OK', '', 'Not Found', 'a\tb', '\x80'];
const STATUSES = ['200', '200', '200', '404', '204', '304', '100', '103', '500', '599'];
const ODD_STATUSES = ['600', '099', '1000', '20', '2 0', '-20', '20x', '999', '101', '000', ' 200'];

/** Valid nearly always, odd once in `rarity` times. */
class Grammar {
  readonly random: Random;
  private readonly rarity: number;

  constructor(random: Random, rarity: number) {
    this.random = random;
    this.rarity = rarity;
  }

  odd(): boolean {
    return this.random.oneIn(this.rarity);
  }

  choose(usual: readonly string[], odd: readonly string[]): string {
    return this.random.pick(this.odd() ? odd : usual);
  }

  get crlf(): string {
    return this.odd() ? this.random.pick(ENDS) : '\r\n';
  }

  line(name: string, value: string): string {
    const { random } = this;
    const cased = random.oneIn(4) ? (random.oneIn(2) ? name.toUpperCase() : name.toLowerCase()) : name;
    const colon = random.oneIn(6)
      ? random.pick([':', ':  ', ':\t', ': \t '])
      : this.odd()
        ? random.pick([' : ', '\t: ', '', '::'])
        : ': ';
    const after = random.oneIn(12) ? random.pick([' ', '\t', '  ']) : '';
    return cased + colon + value + after + this.crlf;
  }

  /** Lines, framing included, and the body that fits them (or nearly). */
  section(request: boolean, mayHaveBody: boolean): { lines: string; body: string } {
    const { random } = this;
    const lines: string[] = [];
    const others = random.below(4);
    for (let i = 0; i < others; i++)
      lines.push(this.line(this.choose(NAMES, ODD_NAMES), this.choose(VALUES, ODD_VALUES)));
    if (random.oneIn(4)) lines.push(this.line('Connection', random.pick(CONNECTIONS)));
    if (random.oneIn(30))
      lines.push(
        this.line(
          random.pick(['Proxy-Connection', 'Keep-Alive', 'TE', 'Expect', 'Trailer', 'Authorization']),
          random.pick(['close', 'keep-alive', 'trailers', '100-continue', 'x', 'timeout=5']),
        ),
      );
    if (request && !this.odd()) lines.push(this.line('Host', this.choose(HOSTS, ODD_HOSTS)));
    if (request && random.oneIn(60)) lines.push(this.line('Host', random.pick(HOSTS)));
    let body = '';
    const kind = mayHaveBody ? random.below(5) : random.below(40);
    if (kind === 0 || kind === 1) {
      const length = this.choose(LENGTHS, ODD_LENGTHS);
      lines.push(this.line('Content-Length', length));
      const count = Number.parseInt(length, 10);
      body = this.data(Number.isSafeInteger(count) && count >= 0 && count < 100 ? count : 5);
      if (this.odd()) body = body.slice(1);
    } else if (kind === 2 || kind === 3) {
      lines.push(this.line('Transfer-Encoding', this.choose(CODINGS, ODD_CODINGS)));
      body = this.chunks();
    }
    if (this.odd()) lines.push(this.line('Content-Length', random.pick(LENGTHS)));
    if (this.odd()) lines.push(this.line('Transfer-Encoding', random.pick(CODINGS)));
    for (let i = lines.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [lines[i], lines[j]] = [lines[j]!, lines[i]!];
    }
    return { lines: lines.join('') + this.crlf, body };
  }

  private data(length: number): string {
    let out = '';
    for (let i = 0; i < length; i++)
      out += this.random.oneIn(6) ? this.random.pick(['\r', '\n', '\0', '0', '\xff']) : 'x';
    return out;
  }

  private chunks(): string {
    const { random } = this;
    let out = '';
    const count = random.below(4);
    for (let i = 0; i < count; i++) {
      const length = 1 + random.below(20);
      let size = length.toString(16);
      if (random.oneIn(5)) size = size.toUpperCase();
      if (random.oneIn(8)) size = '0'.repeat(random.below(4)) + size;
      if (this.odd()) size = random.pick(ODD_SIZES);
      const extension = random.oneIn(8)
        ? this.choose(EXTENSIONS, ODD_EXTENSIONS)
        : this.odd()
          ? random.pick(ODD_EXTENSIONS)
          : '';
      out += size + extension + this.crlf + this.data(length) + this.crlf;
    }
    if (this.odd()) return out;
    out += `${'0'.repeat(1 + (random.oneIn(8) ? random.below(3) : 0))}${random.oneIn(12) ? random.pick(EXTENSIONS) : ''}${this.crlf}`;
    if (random.oneIn(4)) {
      const trailers = 1 + random.below(2);
      for (let i = 0; i < trailers; i++)
        out += this.line(this.choose(NAMES, ODD_NAMES), this.choose(VALUES, ODD_VALUES));
      if (this.odd()) out += this.line(random.pick(['Content-Length', 'Transfer-Encoding', 'Host']), '5');
    }
    return out + this.crlf;
  }
}

/** One request. `rarity`: one in so many choices is an odd one. */
export function makeRequest(random: Random, rarity: number): string {
  const g = new Grammar(random, rarity);
  const method = g.choose(METHODS, ODD_METHODS);
  const space = g.odd() ? random.pick(['  ', '\t', '', ' \t']) : ' ';
  const start = `${method}${space}${g.choose(TARGETS, ODD_TARGETS)} ${g.choose(VERSIONS, ODD_VERSIONS)}${g.crlf}`;
  const { lines, body } = g.section(true, method !== 'GET' || random.oneIn(4));
  return (
    (random.oneIn(20) ? '\r\n' : g.odd() ? random.pick(['\n', '\r', '\r\n\r\n', ' ']) : '') +
    start +
    lines +
    body
  );
}

/** One response. */
export function makeResponse(random: Random, rarity: number): string {
  const g = new Grammar(random, rarity);
  const status = g.choose(STATUSES, ODD_STATUSES);
  const reason = random.pick(REASONS);
  const space = g.odd() ? random.pick(['', '  ', '\t']) : ' ';
  const start = `${g.choose(VERSIONS, ODD_VERSIONS)} ${status}${space}${g.odd() ? random.pick(ODD_VALUES) : reason}${g.crlf}`;
  const { lines, body } = g.section(false, status !== '204' && status !== '304' && status[0] !== '1');
  return start + lines + body;
}
