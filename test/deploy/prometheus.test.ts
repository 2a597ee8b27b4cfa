/** What Prometheus is told to scrape is there. Prometheus itself is not run. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ROOT } from '../docs/documents.ts';
import { services } from './compose-file.ts';

interface Configuration {
  readonly global: Readonly<Record<string, string>>;
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly metrics_path?: string;
    readonly static_configs: readonly { readonly targets: readonly string[] }[];
  }[];
}

test('it scrapes the status listener of every gateway and microgateway, over a network that it shares with them', () => {
  const text = readFileSync(join(ROOT, 'deploy/prometheus/prometheus.yml'), 'utf8');
  const { global, scrape_configs: jobs } = parse(text) as Configuration;
  assert.deepEqual(Object.keys(global).sort(), ['scrape_interval', 'scrape_timeout']);
  const all = services();
  const networks = [...all.get('prometheus')!.networks.keys()];
  const targets = jobs.flatMap((job) => job.static_configs.flatMap((one) => one.targets));
  for (const target of targets) {
    const [, name = ''] = /^([\w-]+):8100$/.exec(target) ?? [];
    const service = all.get(name);
    assert.ok(service !== undefined, target);
    assert.equal(service.environment['CARDINAL_STATUS_LISTEN'], '0.0.0.0:8100', target);
    assert.ok(
      networks.some((network) => service.networks.has(network)),
      target,
    );
  }
  const serving = [...all].filter(([, { buildTarget }]) => buildTarget?.endsWith('gateway'));
  assert.deepEqual(
    targets.map((target) => target.split(':')[0]).sort(),
    serving.map(([name]) => name).sort(),
  );
  assert.ok(jobs.every((job) => job.metrics_path === undefined));
});
