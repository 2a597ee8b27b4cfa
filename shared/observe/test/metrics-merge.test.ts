/** Several workers' metrics as one set that never goes backwards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricsRegistry } from '../metrics.ts';
import { MetricAggregator, mergeSnapshots } from '../metrics-merge.ts';
import { renderPrometheus } from '../prometheus-text.ts';

function worker(requests: number, connections: number): MetricsRegistry {
  const registry = new MetricsRegistry();
  registry.counter('requests_total', 'r', ['route']).with('a').add(requests);
  registry.gauge('connections', 'c').with().set(connections);
  registry.gauge('info', 'i', ['v'], 'max').with('1').set(1);
  registry.histogram('ms', 'm', [1, 2], []).with().observe(requests);
  return registry;
}

const lines = (aggregator: MetricAggregator) =>
  renderPrometheus(aggregator.merged())
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

test('counters and histograms add up, gauges by their rule', () => {
  const merged = mergeSnapshots([worker(1, 5).snapshot(), worker(2, 7).snapshot()]);
  assert.equal(
    renderPrometheus(merged).replace(/^#.*\n/gm, ''),
    [
      'connections 12',
      'info{v="1"} 1',
      'ms_bucket{le="1"} 1',
      'ms_bucket{le="2"} 2',
      'ms_bucket{le="+Inf"} 2',
      'ms_sum 3',
      'ms_count 2',
      'requests_total{route="a"} 3',
      '',
    ].join('\n'),
  );
});

test('snapshots survive structuredClone', () => {
  const snapshot = worker(4, 1).snapshot();
  assert.deepEqual(structuredClone(snapshot), snapshot);
});

test('what a dead worker counted stays, its gauges go', () => {
  const aggregator = new MetricAggregator();
  aggregator.update(1, worker(10, 3).snapshot());
  aggregator.update(2, worker(5, 4).snapshot());
  aggregator.retire(1);
  aggregator.retire(1);
  assert.ok(lines(aggregator).includes('requests_total{route="a"} 15'));
  assert.ok(lines(aggregator).includes('connections 4'));
  aggregator.update(1, worker(1, 1).snapshot());
  assert.ok(lines(aggregator).includes('requests_total{route="a"} 16'));
  aggregator.retire(1);
  aggregator.retire(2);
  assert.ok(lines(aggregator).includes('requests_total{route="a"} 16'));
});

test('a replaced worker under the same id never makes counters go backwards', () => {
  const aggregator = new MetricAggregator();
  const first = worker(10, 1);
  aggregator.update('w', first.snapshot());
  first.counter('requests_total', 'r', ['route']).with('a').add(1);
  aggregator.update('w', first.snapshot());
  assert.ok(lines(aggregator).includes('requests_total{route="a"} 11'));
  aggregator.update('w', worker(2, 1).snapshot());
  assert.ok(lines(aggregator).includes('requests_total{route="a"} 13'));
});

test('a family that another worker defines differently does not corrupt the first', () => {
  const other = new MetricsRegistry();
  other.counter('requests_total', 'r', ['service']).with('x').add(100);
  const merged = mergeSnapshots([worker(1, 1).snapshot(), other.snapshot()]);
  assert.match(renderPrometheus(merged), /^requests_total\{route="a"\} 1$/m);
  assert.doesNotMatch(renderPrometheus(merged), /"x"/);
});
