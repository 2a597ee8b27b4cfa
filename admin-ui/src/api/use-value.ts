import { useSyncExternalStore } from 'react';
import type { Observable } from './observable.ts';

export function useValue<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.read);
}
