/** What a process loads before it serves. The microgateway stands beside every service: each module counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGraph } from './imports.ts';

const ENGINE = 'shared/proxy/engine.ts';

test('the microgateway starts without express, Redis, YAML, a store, the Admin API or a UI', () => {
  const graph = startGraph('bin/commands.ts', 'microgateway/command.ts', 'microgateway/run.ts', ENGINE);
  assert.ok(graph.has('shared/observe/status-server.ts'));
  assert.ok(graph.has(ENGINE));
  const packages = [...graph].filter((target) => !target.endsWith('.ts') && !target.startsWith('node:'));
  assert.deepEqual(packages, []);
  const carried = [...graph].filter((target) =>
    /^(?:gateway|admin-ui|lab|bench)\/|\/(?:store|control-plane)\//.test(target),
  );
  assert.deepEqual(carried, []);
  assert.ok(!graph.has('node:sqlite'));
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
