/** A configuration that is valid field by field and still cannot run: which entity, and why. */
export class CompileError extends Error {
  readonly entity: string;

  constructor(entity: string, message: string, cause?: unknown) {
    super(`${entity}: ${message}`, cause === undefined ? undefined : { cause });
    this.name = 'CompileError';
    this.entity = entity;
  }
}

/** `services 'orders'`: how an entity is named in messages. */
export function entityName(
  collection: string,
  entity: { readonly id: string; readonly name?: string | null },
): string {
  return `${collection} '${entity.name ?? entity.id}'`;
}
