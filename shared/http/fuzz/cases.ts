/** Cases out of a seed: one to three messages in a row, damaged or not, cut anywhere. */
import { makeRequest, makeResponse } from './grammar.ts';
import { mutate } from './mutate.ts';
import type { Case } from './properties.ts';
import type { Random } from './random.ts';

export function makeCase(random: Random): Case {
  const requests = random.below(3) !== 0;
  const rarity = random.pick([10, 40, 1000]);
  const count = 1 + (random.oneIn(2) ? random.below(3) : 0);
  let text = '';
  for (let i = 0; i < count; i++)
    text += requests ? makeRequest(random, rarity) : makeResponse(random, rarity);
  let octets: Buffer = Buffer.from(text, 'latin1');
  if (random.oneIn(2)) for (let i = random.below(4); i > 0; i--) octets = mutate(random, octets);
  return {
    octets,
    cuts: makeCuts(random, octets.length),
    method: requests ? undefined : random.oneIn(5) ? 'HEAD' : 'GET',
  };
}

function makeCuts(random: Random, length: number): number[] {
  if (random.oneIn(10)) return Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1);
  const cuts = Array.from({ length: random.below(5) }, () => random.below(length + 1));
  return cuts.sort((a, b) => a - b);
}
