/** Makes all of a plan, step by step, and takes its own steps back when one fails. */
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import type { Plan } from './plan.ts';

export interface Step {
  readonly label: string;
  readonly state: 'waiting' | 'working' | 'done' | 'failed' | 'taken back';
}

export interface Created {
  readonly service: Entity;
  readonly route: Entity;
}

/** Rejects with what failed, when its own creations are gone again. `part`: of the plan, for the error's field. */
export class StepFailed extends Error {
  readonly part: 'service' | 'route' | 'plugin';
  override readonly cause: unknown;
  constructor(part: StepFailed['part'], cause: unknown) {
    super((cause as Error).message);
    this.name = 'StepFailed';
    this.part = part;
    this.cause = cause;
  }
}

export async function createAll(plan: Plan, report: (steps: readonly Step[]) => void): Promise<Created> {
  const labels = ['Service', 'Route', ...plan.plugins.map((plugin) => `Plugin ${plugin['name']}`)];
  const steps: Step[] = labels.map((label) => ({ label, state: 'waiting' }));
  const undo: string[] = [];
  let at = 0;
  const step = async (
    part: StepFailed['part'],
    path: string,
    body: unknown,
    own: (id: string) => string,
  ): Promise<Entity> => {
    steps[at] = { label: labels[at] as string, state: 'working' };
    report([...steps]);
    try {
      const entity = await client.ask<Entity>(path, { method: 'POST', body });
      undo.push(own(entity.id));
      steps[at] = { label: labels[at] as string, state: 'done' };
      at++;
      report([...steps]);
      return entity;
    } catch (cause) {
      steps[at] = { label: labels[at] as string, state: 'failed' };
      for (const path of undo.toReversed()) {
        await client.ask(path, { method: 'DELETE' }).catch(() => undefined);
        at--;
        steps[at] = { label: labels[at] as string, state: 'taken back' };
        report([...steps]);
      }
      report([...steps]);
      throw new StepFailed(part, cause);
    }
  };
  const service = await step('service', pathOf('services'), plan.service, (id) => pathOf('service', id));
  const route = await step('route', pathOf('serviceRoutes', service.id), plan.route, (id) =>
    pathOf('route', id),
  );
  for (const plugin of plan.plugins)
    await step('plugin', pathOf('servicePlugins', service.id), plugin, (id) => pathOf('plugin', id));
  return { service, route };
}
