/**
 * What is plainly wrong with a value, told before anything is sent. It is never stricter than the gateway: what is not
 * sure is left to it.
 */
import type { FieldSchema } from './schema.ts';

/** What is wrong with it, or undefined. Null and undefined are "not given". */
export function problemWith(field: FieldSchema, value: unknown): string | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  // A reference stands for a value that is not known here.
  if (typeof value === 'string' && value.startsWith('{vault://')) return undefined;
  switch (field.type) {
    case 'integer':
    case 'number':
      return numberProblem(field, value);
    case 'string':
      return typeof value === 'string' ? textProblem(field, value) : 'expected text';
    case 'array':
    case 'set': {
      if (!Array.isArray(value)) return undefined;
      if (field.len_min !== undefined && value.length < field.len_min)
        return `needs at least ${field.len_min} ${field.len_min === 1 ? 'value' : 'values'}`;
      for (const element of value) {
        const problem = field.elements === undefined ? undefined : problemWith(field.elements, element);
        if (problem !== undefined) return `${String(element)}: ${problem}`;
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

function numberProblem({ type, between, gt }: FieldSchema, value: unknown): string | undefined {
  if (typeof value !== 'number') return 'expected a number';
  if (type === 'integer' && !Number.isInteger(value)) return 'expected a whole number';
  if (between !== undefined && (value < between[0] || value > between[1]))
    return `must be between ${between[0]} and ${between[1]}`;
  if (gt !== undefined && value <= gt) return `must be greater than ${gt}`;
  return undefined;
}

function textProblem(
  { len_min, len_max, starts_with, match, one_of }: FieldSchema,
  value: string,
): string | undefined {
  if (len_min !== undefined && value.length < len_min) return `needs at least ${len_min} characters`;
  if (len_max !== undefined && value.length > len_max) return `takes at most ${len_max} characters`;
  if (starts_with !== undefined && !value.startsWith(starts_with)) return `must begin with ${starts_with}`;
  if (one_of !== undefined && !one_of.includes(value)) return `must be one of: ${one_of.join(', ')}`;
  if (match !== undefined && !matches(match, value)) return `does not have the form ${match}`;
  return undefined;
}

/** True when in doubt: a pattern may be of another dialect. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern).test(value);
  } catch {
    return true;
  }
}

/** The rule of a field in words, for below its control. */
export function ruleText({ type, between, gt, len_min, starts_with }: FieldSchema): string | undefined {
  if (between !== undefined && between[1] < 2 ** 31 - 2) return `${between[0]} to ${between[1]}`;
  if (between !== undefined && between[0] !== 0) return `from ${between[0]}`;
  if (gt !== undefined) return `greater than ${gt}`;
  if (starts_with !== undefined) return `begins with ${starts_with}`;
  if (len_min !== undefined && len_min > 1 && type === 'string') return `at least ${len_min} characters`;
  return undefined;
}
