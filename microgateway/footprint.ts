/**
 * Keeps the process small. V8 doubles its young generation, up to 32 MiB and more, as long as objects
 * survive its collections; for a proxy, whose objects live as long as one request, that memory buys little.
 *
 * `--max-semi-space-size` only counts when V8 starts. The growth factor is read at every growth, so setting it
 * to 1 in a running process stops the growth from then on. Must be called before much has been allocated.
 */
import { setFlagsFromString } from 'node:v8';

export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
