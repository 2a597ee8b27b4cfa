/** What a process loads before it serves. The microgateway stands beside every service: each module counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf, sourceOf, startGraph } from './imports.ts';

const ENGINE = 'shared/proxy/engine.ts';

test('the microgateway starts without express, Redis, YAML, a store, the Admin API or a UI', () => {
  const graph = startGraph('bin/commands.ts', 'microgateway/command.ts', 'microgateway/run.ts', ENGINE);
  assert.ok(graph.has('shared/observe/status-server.ts'));
  assert.ok(graph.has(ENGINE));
  const packages = [...graph].filter((target) => !target.endsWith('.ts') && !target.startsWith('node:'));
  assert.deepEqual(packages, []);
  const carried = [...graph].filter((target) =>
    /^(?:gateway|admin-ui|lab|bench)\/|\/(?:store|control-plane|sync)\//.test(target),
  );
  assert.deepEqual(carried, []);
  assert.ok(!graph.has('node:sqlite'));
});

test('with a control plane the microgateway loads no TLS and no stream before it serves', () => {
  assert.ok(
    importsOf('microgateway/run.ts').some(
      ({ target, dynamic }) => dynamic && target === 'shared/process/data-plane.ts',
    ),
  );
  const graph = startGraph('shared/process/data-plane.ts');
  assert.ok(graph.has('shared/sync/agent/generation-store.ts'));
  const packages = [...graph].filter((target) => !target.endsWith('.ts') && !target.startsWith('node:'));
  assert.deepEqual(packages, []);
  for (const name of ['network', 'stream', 'enrolment', 'control-plane-request'])
    assert.ok(!graph.has(`shared/sync/agent/${name}.ts`), name);
  const agent = [...graph].filter((file) => file.startsWith('shared/sync/'));
  assert.ok(agent.length > 10);
  assert.deepEqual(
    agent.filter((file) => /getBuiltinModule\('node:(?:tls|https)'\)/.test(sourceOf(file))),
    [],
  );
});

test("a gateway's worker loads no express and no command line", () => {
  const graph = startGraph('gateway/workers/worker.ts', ENGINE);
  const packages = [...graph].filter((target) => !target.endsWith('.ts') && !target.startsWith('node:'));
  assert.deepEqual(packages, []);
  assert.deepEqual(
    [...graph].filter((target) => /^gateway\/admin\/|^shared\/cli\/|\/declarative\//.test(target)),
    [],
  );
});

test('help and the list of commands load no composition and no engine', () => {
  const graph = startGraph('bin/commands.ts', 'shared/cli/help.ts');
  const heavy = [...graph].filter((target) =>
    /^(?:micro)?gateway\/|^shared\/(?:proxy|http|upstream|router|plugins|config\/declarative)\//.test(target),
  );
  assert.deepEqual(heavy, []);
});
