/** Families, series, bounds, and the text they become. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricsRegistry } from '../metrics.ts';
import { renderPrometheus } from '../prometheus-text.ts';

test('counters, gauges and histograms in the text format', () => {
  const registry = new MetricsRegistry();
  const requests = registry.counter('requests_total', 'Requests\nwith \\ in it', ['route', 'code']);
  requests.with('b', '200').add(2);
  requests.with('a"\\\n', '404').add(1.5);
  registry.gauge('up', 'Up').with().set(1);
  const latency = registry.histogram('latency_ms', 'Latency', [1, 5, 10], ['route']).with('a');
  for (const value of [0.5, 1, 1.01, 10, 11, 1000]) latency.observe(value);
  assert.equal(
    renderPrometheus(registry.snapshot()),
    [
      '# HELP latency_ms Latency',
      '# TYPE latency_ms histogram',
      'latency_ms_bucket{route="a",le="1"} 2',
      'latency_ms_bucket{route="a",le="5"} 3',
      'latency_ms_bucket{route="a",le="10"} 4',
      'latency_ms_bucket{route="a",le="+Inf"} 6',
      'latency_ms_sum{route="a"} 1023.51',
      'latency_ms_count{route="a"} 6',
      '# HELP requests_total Requests\\nwith \\\\ in it',
      '# TYPE requests_total counter',
      'requests_total{route="a\\"\\\\\\n",code="404"} 1.5',
      'requests_total{route="b",code="200"} 2',
      '# HELP up Up',
      '# TYPE up gauge',
      'up 1',
      '',
    ].join('\n'),
  );
});

test('the same labels give the same series; a counter never goes down', () => {
  const registry = new MetricsRegistry();
  const family = registry.counter('n', 'n', ['a', 'b']);
  assert.equal(family.with('x', 'y'), family.with('x', 'y'));
  assert.notEqual(family.with('x","y', ''), family.with('x', 'y'));
  family.with('x', 'y').add(3);
  family.with('x', 'y').add(-1);
  family.with('x', 'y').add(Number.NaN);
  registry.counter('n', 'n', ['a', 'b']).with('x', 'y').add(1);
  assert.match(renderPrometheus(registry.snapshot()), /^n\{a="x",b="y"\} 4$/m);
});

test('past the bound all label values share the overflow series', () => {
  const registry = new MetricsRegistry({ maxSeriesPerFamily: 2 });
  const family = registry.counter('n', 'n', ['who', 'what']);
  for (const who of ['a', 'b', 'c', 'd', 'a']) family.with(who, 'x').add(1);
  const text = renderPrometheus(registry.snapshot());
  assert.match(text, /^n\{who="a",what="x"\} 2$/m);
  assert.match(text, /^n\{who="overflow",what="overflow"\} 2$/m);
  assert.doesNotMatch(text, /"c"|"d"/);
});

test('handles keep working when the storage has grown', () => {
  const registry = new MetricsRegistry();
  const first = registry.counter('n', 'n', ['i']).with('first');
  first.add(1);
  for (let index = 0; index < 1000; index++) registry.counter('n', 'n', ['i']).with(String(index)).add(1);
  first.add(1);
  assert.match(renderPrometheus(registry.snapshot()), /^n\{i="first"\} 2$/m);
});

test('wrong use is refused when the family is made, not when it is scraped', () => {
  const registry = new MetricsRegistry();
  registry.counter('n', 'n', ['a']);
  assert.throws(() => registry.gauge('n', 'n', ['a']), /another type or labels/);
  assert.throws(() => registry.counter('n', 'n', ['b']), /another type or labels/);
  assert.throws(() => registry.counter('bad name', 'n'), /bad metric name/);
  assert.throws(() => registry.counter('x', 'n', ['__a']), /bad label name/);
  assert.throws(() => registry.histogram('h', 'h', [2, 1]), /ascending/);
  assert.throws(() => registry.counter('n', 'n', ['a']).with(), /labels \(a\), got 0 values/);
});

test('infinities are written as Prometheus reads them', () => {
  const registry = new MetricsRegistry();
  registry.gauge('g', 'g', ['v']).with('plus').set(Number.POSITIVE_INFINITY);
  registry.gauge('g', 'g', ['v']).with('minus').set(Number.NEGATIVE_INFINITY);
  registry.gauge('g', 'g', ['v']).with('nan').set(Number.NaN);
  const text = renderPrometheus(registry.snapshot());
  assert.match(text, /plus"\} \+Inf\n/);
  assert.match(text, /minus"\} -Inf\n/);
  assert.match(text, /nan"\} NaN\n/);
});
