/** Trace headers: W3C's vectors, every other format there and back, what is not valid, which is read and written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderList } from '../../testkit.ts';
import { FORMATS, type FormatName } from '../formats.ts';
import { Propagation, type PropagationConfig } from '../propagation.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const extract = (name: FormatName, headers: ConstructorParameters<typeof HeaderList>[0]) => {
  const found = FORMATS[name].extract(new HeaderList(headers));
  return found === undefined ? undefined : { ...found };
};
const known = (sampled: boolean | undefined, more = {}) => ({
  traceId: TRACE,
  spanId: SPAN,
  sampled,
  short: false,
  ...more,
});

// After https://github.com/w3c/trace-context/blob/main/test/test.py
const W3C_VALID: readonly (readonly [string, boolean])[] = [
  [`00-${TRACE}-${SPAN}-01`, true],
  [`00-${TRACE}-${SPAN}-00`, false],
  [`00-${TRACE}-${SPAN}-ff`, true],
  [`00-${TRACE}-${SPAN}-08`, false],
  [`cc-${TRACE}-${SPAN}-01`, true],
  [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, true],
  [`cc-${TRACE}-${SPAN}-01-`, true],
  [`  00-${TRACE}-${SPAN}-01  `, true],
];
for (const [value, sampled] of W3C_VALID) {
  test(`traceparent ${value}`, () =>
    assert.deepEqual(extract('w3c', { traceparent: value }), known(sampled)));
}
const W3C_INVALID = [
  '',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-`,
  `00-${TRACE}-${SPAN}-01-what`,
  `cc-${TRACE}-${SPAN}-01.what`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-.${TRACE.slice(1)}-${SPAN}-01`,
  `00-${TRACE.slice(1)}-${SPAN}-01`,
  `00-${TRACE}0-${SPAN}-01`,
  `00-${TRACE}-${SPAN}0-01`,
  `00-${TRACE}-${SPAN}-.0`,
  `00-${TRACE}-${SPAN}-1`,
  `00-${TRACE}-${SPAN}`,
  `0-${TRACE}-${SPAN}-01`,
  `000-${TRACE}-${SPAN}-01`,
  `.0-${TRACE}-${SPAN}-01`,
];
for (const value of W3C_INVALID) {
  test(`no traceparent: ${value}`, () => assert.equal(extract('w3c', { traceparent: value }), undefined));
}

test('traceparent twice is none; names have no case', () => {
  const value = `00-${TRACE}-${SPAN}-01`;
  assert.equal(
    extract('w3c', [
      ['traceparent', value],
      ['TraceParent', value],
    ]),
    undefined,
  );
  assert.deepEqual(extract('w3c', { TrAcEpArEnT: value }), known(true));
});

test('every format there and back', () => {
  for (const name of Object.keys(FORMATS) as FormatName[]) {
    for (const sampled of [true, false]) {
      const headers = new HeaderList([]);
      FORMATS[name].inject(headers, {
        traceId: TRACE,
        spanId: SPAN,
        parentId: '1111111111111111',
        sampled,
        short: false,
      });
      const found = FORMATS[name].extract(headers)!;
      const trace = name === 'datadog' ? TRACE.slice(16).padStart(32, '0') : TRACE;
      assert.deepEqual([found.traceId, found.spanId, found.sampled], [trace, SPAN, sampled], name);
    }
  }
});

test('a trace id of 16 digits goes on with 16 where it may', () => {
  const { traceId, short } = FORMATS.b3.extract(
    new HeaderList({ 'X-B3-TraceId': SPAN, 'X-B3-SpanId': SPAN }),
  )!;
  assert.deepEqual([traceId, short], [SPAN.padStart(32, '0'), true]);
  const headers = new HeaderList([]);
  const to = { traceId, spanId: SPAN, parentId: undefined, sampled: true, short };
  FORMATS.b3.inject(headers, to);
  FORMATS.w3c.inject(headers, to);
  assert.deepEqual(
    [headers.get('x-b3-traceid'), headers.get('traceparent')],
    [SPAN, `00-${traceId}-${SPAN}-01`],
  );
});

test('b3 in its forms', () => {
  assert.deepEqual(extract('b3', { b3: `${TRACE}-${SPAN}-d-1111111111111111` }), known(true));
  assert.deepEqual(extract('b3', { b3: `${TRACE}-${SPAN}` }), known(undefined));
  assert.equal(extract('b3', { b3: '1' }), undefined);
  assert.equal(extract('b3', { b3: `${TRACE}-${SPAN}-2` }), undefined);
  const multi = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN };
  assert.deepEqual(extract('b3', { ...multi, 'x-b3-flags': '1', 'x-b3-sampled': '0' }), known(true));
  assert.deepEqual(extract('b3', { ...multi, 'x-b3-sampled': 'false' }), known(false));
  assert.equal(extract('b3', { 'x-b3-traceid': TRACE.slice(1), 'x-b3-spanid': SPAN }), undefined);
});

test('the others', () => {
  assert.deepEqual(extract('jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}:0:3` }), known(true));
  assert.deepEqual(extract('jaeger', { 'uber-trace-id': `${TRACE}%3A${SPAN}%3A0%3A0` }), known(false));
  assert.equal(extract('jaeger', { 'uber-trace-id': `${TRACE}:0:0:1` }), undefined);
  const ot = extract('ot', {
    'ot-tracer-traceid': 'abc',
    'ot-tracer-spanid': SPAN,
    'ot-tracer-sampled': 'true',
  })!;
  assert.deepEqual([ot.traceId, ot.sampled], ['abc'.padStart(32, '0'), true]);
  const datadog = extract('datadog', {
    'x-datadog-trace-id': '1234',
    'x-datadog-parent-id': '18446744073709551615',
    'x-datadog-sampling-priority': '-1',
  })!;
  assert.deepEqual(
    [datadog.traceId, datadog.spanId, datadog.sampled],
    ['4d2'.padStart(32, '0'), 'f'.repeat(16), false],
  );
  assert.equal(extract('datadog', { 'x-datadog-trace-id': '18446744073709551616' }), undefined);
  assert.deepEqual(
    extract('aws', {
      'x-amzn-trace-id': `Self=1; Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)};Parent=${SPAN};Sampled=?`,
    }),
    known(undefined),
  );
  assert.equal(
    extract('aws', { 'x-amzn-trace-id': `Root=2-${TRACE.slice(0, 8)}-${TRACE.slice(8)}` }),
    undefined,
  );
  assert.deepEqual(
    extract('gcp', { 'x-cloud-trace-context': `${TRACE}/${BigInt(`0x${SPAN}`)};o=1` }),
    known(true),
  );
  assert.equal(extract('gcp', { 'x-cloud-trace-context': `${TRACE}/x` }), undefined);
  assert.deepEqual(
    extract('instana', { 'x-instana-t': TRACE, 'x-instana-s': SPAN, 'x-instana-l': '1,correlation' }),
    known(true),
  );
});

test('hostile values are no traces', () => {
  for (const name of Object.keys(FORMATS) as FormatName[]) {
    for (const value of [
      'x'.repeat(30_000),
      '0'.repeat(30_000),
      ';'.repeat(30_000),
      ':'.repeat(5000),
      '__proto__',
    ]) {
      const headers = [
        'traceparent',
        'b3',
        'x-b3-traceid',
        'x-b3-spanid',
        'uber-trace-id',
        'ot-tracer-traceid',
        'x-datadog-trace-id',
        'x-amzn-trace-id',
        'x-cloud-trace-context',
        'x-instana-t',
      ];
      assert.equal(
        extract(
          name,
          headers.map((header) => [header, value] as [string, string]),
        ),
        undefined,
        name,
      );
    }
  }
});

const settings = (
  propagation: Partial<PropagationConfig['propagation']> = {},
  type: PropagationConfig['header_type'] = 'preserve',
) =>
  new Propagation({
    header_type: type,
    propagation: { extract: null, clear: null, inject: null, default_format: 'w3c', ...propagation },
  });
const to = { traceId: TRACE, spanId: SPAN, parentId: undefined, sampled: true, short: false };
const written = (propagation: Propagation, given: Record<string, string> = {}) => {
  const headers = new HeaderList(given);
  const found = propagation.extract(headers);
  propagation.inject(headers, to, found?.format);
  return headers.toObject();
};

test('preserve: what was read is written, else the default', () => {
  assert.deepEqual({ ...written(settings()) }, { traceparent: `00-${TRACE}-${SPAN}-01` });
  const single = written(settings(), { b3: `${TRACE}-1111111111111111-0` });
  assert.deepEqual({ ...single }, { b3: `${TRACE}-${SPAN}-1` });
  const old = written(settings(), { 'uber-trace-id': `${TRACE}:${SPAN}:0:1` });
  assert.deepEqual(Object.keys(old), ['uber-trace-id']);
});

test('extract, inject and clear', () => {
  const both = { traceparent: `00-${TRACE}-${SPAN}-01`, 'x-datadog-trace-id': '5', 'x-secret': '1' };
  const chosen = settings({
    extract: ['datadog', 'w3c'],
    inject: ['jaeger', 'preserve'],
    clear: ['traceparent', 'X-Secret'],
  });
  assert.equal(chosen.extract(new HeaderList(both))?.format, 'datadog');
  assert.deepEqual(Object.keys(written(chosen, both)).sort(), [
    'uber-trace-id',
    'x-datadog-parent-id',
    'x-datadog-sampling-priority',
    'x-datadog-trace-id',
  ]);
  assert.deepEqual(Object.keys(written(settings({ extract: [] }), both)).sort(), [
    'traceparent',
    'x-datadog-trace-id',
    'x-secret',
  ]);
});

test('header_type', () => {
  const given = { 'uber-trace-id': `${TRACE}:${SPAN}:0:1` };
  assert.equal(settings({}, 'ignore').extract(new HeaderList(given)), undefined);
  assert.deepEqual(Object.keys(written(settings({}, 'ignore'), given)).sort(), [
    'traceparent',
    'uber-trace-id',
  ]);
  assert.deepEqual(Object.keys(written(settings({}, 'aws'), given)).sort(), [
    'uber-trace-id',
    'x-amzn-trace-id',
  ]);
});
