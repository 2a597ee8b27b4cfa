/** The fields that (nearly) every entity has. */
import { integer, number } from '../schema/field.ts';
import { tagsField, uuidField } from '../schema/formats.ts';

export const id = uuidField({ auto: true, description: 'Unique id (UUID). Generated when absent.' });
export const createdAt = integer({
  auto: true,
  timestamp: true,
  description: 'When it was created, in Unix seconds.',
});
export const updatedAt = integer({
  auto: true,
  timestamp: true,
  description: 'When it was last changed, in Unix seconds.',
});
export const tags = tagsField;

/** Targets have fractions of seconds. */
export const createdAtFraction = number({
  auto: true,
  timestamp: true,
  description: 'When it was created, in Unix seconds with milliseconds as the fraction.',
});
export const updatedAtFraction = number({
  auto: true,
  timestamp: true,
  description: 'When it was last changed, in Unix seconds with milliseconds as the fraction.',
});
