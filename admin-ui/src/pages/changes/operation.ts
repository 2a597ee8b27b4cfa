/** Words and colours of what became of an entity. */
import { kindOf } from '../../entities/kinds.ts';
import type { Tone } from '../../parts/badge.tsx';

export const OPERATION_TONES: Readonly<Record<'create' | 'update' | 'delete', Tone>> = {
  create: 'good',
  update: 'accent',
  delete: 'bad',
};

export function kindWord(collection: string): string {
  return kindOf(collection)?.singular ?? collection.replaceAll('_', ' ').replace(/s$/, '');
}
