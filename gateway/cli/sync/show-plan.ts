/** A plan for people (one line an entity) and for machines. Secrets are never in it. */
import type { Style } from '../../../shared/cli/terminal.ts';
import { isRecord } from '../../../shared/config/schema/validate.ts';
import type { FieldChange } from './compare.ts';
import { type Labels, printable } from './labels.ts';
import type { Plan, PlannedChange } from './plan.ts';

const MAX_VALUE = 60;
const SIGNS = { create: '+', update: '~', delete: '-' } as const;

export function changeLine(change: PlannedChange, labels: Labels, style: Style): string {
  const { kind, name, context } = labels.of(change.definition, (change.after ?? change.before) as never);
  const paint = { create: style.green, update: style.yellow, delete: style.red }[change.action];
  const fields = change.fields.map((field) => fieldText(field, style)).join(', ');
  const parts = [`${paint(`${SIGNS[change.action]} ${kind.padEnd(20)}`)} ${style.bold(name)}`];
  if (context !== '') parts.push(style.dim(context));
  if (fields !== '') parts.push(fields);
  return parts.join('  ');
}

function fieldText({ path, before, after, secret }: FieldChange, style: Style): string {
  if (secret) return `${path}: (changed)`;
  return `${path}: ${valueText(before)} ${style.unicode ? '→' : '->'} ${valueText(after)}`;
}

function valueText(value: unknown): string {
  const text = printable(typeof value === 'string' ? value : JSON.stringify(value ?? null));
  const shown = isRecord(value) || Array.isArray(value) || text !== '' ? text : "''";
  return shown.length > MAX_VALUE ? `${shown.slice(0, MAX_VALUE - 3)}...` : shown;
}

export function summaryText({ changes }: Pick<Plan, 'changes'>): string {
  const count = (action: PlannedChange['action']) =>
    changes.filter((change) => change.action === action).length;
  if (changes.length === 0) return 'no differences';
  const parts = [
    [count('update'), 'to change'],
    [count('create'), 'to create'],
    [count('delete'), 'to delete'],
  ] as const;
  return parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(', ');
}

/** For scripts: stable, without colours. */
export function planDocument(plan: Plan, labels: Labels, address: string): Readonly<Record<string, unknown>> {
  return {
    schemaVersion: 1,
    gateway: address,
    unchanged: plan.unchanged,
    notes: plan.notes,
    changes: plan.changes.map((change) => {
      const { kind, name, context } = labels.of(change.definition, (change.after ?? change.before) as never);
      const fields = change.fields.map(({ path, before, after, secret }) =>
        secret ? { path, secret } : { path, before, after },
      );
      const problem = change.problem === undefined ? {} : { problem: change.problem };
      return { action: change.action, kind, name, context, id: change.id, fields, ...problem };
    }),
  };
}
