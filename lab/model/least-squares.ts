/** Ordinary least squares by normal equations, for a handful of columns. */

export interface Fit {
  /** Null where the data do not determine it: its column is zero, or a mixture of others. */
  readonly coefficients: readonly (number | null)[];
  predict(row: readonly number[]): number | null;
}

const TOLERANCE = 1e-9;

/** `rows` and `values` have the same length. */
export function leastSquares(rows: readonly (readonly number[])[], values: readonly number[]): Fit {
  const columns = rows[0]?.length ?? 0;
  const scale = Array.from({ length: columns }, (_, j) =>
    Math.max(TOLERANCE, ...rows.map((row) => Math.abs(row[j]!))),
  );
  const matrix = Array.from({ length: columns }, (_, i) =>
    Array.from({ length: columns + 1 }, (_, j) => {
      let sum = 0;
      for (const [at, row] of rows.entries()) {
        sum += (row[i]! / scale[i]!) * (j === columns ? values[at]! : row[j]! / scale[j]!);
      }
      return sum;
    }),
  );
  const free = new Set<number>();
  for (let i = 0; i < columns; i++) {
    // The matrix is positive semi-definite: a vanishing pivot is an undetermined column.
    if (Math.abs(matrix[i]![i]!) < TOLERANCE * Math.max(1, rows.length)) {
      free.add(i);
      continue;
    }
    for (let k = 0; k < columns; k++) {
      if (k === i || free.has(k)) continue;
      const factor = matrix[k]![i]! / matrix[i]![i]!;
      for (let j = 0; j <= columns; j++) matrix[k]![j]! -= factor * matrix[i]![j]!;
    }
  }
  const coefficients = Array.from({ length: columns }, (_, i) =>
    free.has(i) ? null : matrix[i]![columns]! / matrix[i]![i]! / scale[i]!,
  );
  return {
    coefficients,
    predict(row) {
      let sum = 0;
      for (const [j, value] of row.entries()) {
        const coefficient = coefficients[j] ?? null;
        if (value !== 0 && coefficient === null) return null;
        sum += value * (coefficient ?? 0);
      }
      return sum;
    },
  };
}
