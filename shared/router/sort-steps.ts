/** A stable merge sort that can be interrupted: it yields every few hundred elements. */

const RUN = 256;

/** Returns a sorted copy. */
export function* sortSteps<V>(values: readonly V[], compare: (a: V, b: V) => number): Generator<void, V[]> {
  let runs: V[][] = [];
  for (let i = 0; i < values.length; i += RUN) {
    runs.push(values.slice(i, i + RUN).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: V[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(i + 1 < runs.length ? yield* merge(runs[i]!, runs[i + 1]!, compare) : runs[i]!);
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<V>(left: V[], right: V[], compare: (a: V, b: V) => number): Generator<void, V[]> {
  const out: V[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    out.push(compare(left[i]!, right[j]!) <= 0 ? left[i++]! : right[j++]!);
    if (out.length % RUN === 0) yield;
  }
  while (i < left.length) out.push(left[i++]!);
  while (j < right.length) out.push(right[j++]!);
  return out;
}
