/** One promise of a store as a test, with a store to try it on. */
import { type TestContext, test } from 'node:test';
import type { Store } from '../contract.ts';

export interface StoreUnderTest {
  /** Opens the store; each call is another process as far as the store knows, unless there can be only one. */
  open(): Promise<Store>;
  /** Makes documents older. At most 100 ms are asked for. */
  elapse(ms: number): Promise<void>;
}

export type Check = (what: string, run: (store: Store, under: StoreUnderTest) => Promise<void>) => void;

export function checkWith(
  name: string,
  prepare: (t: TestContext) => Promise<StoreUnderTest>,
  skip: string | false,
): Check {
  return (what, run) => {
    test(`${name}: ${what}`, { skip }, async (t) => {
      const under = await prepare(t);
      await run(await under.open(), under);
    });
  };
}
