/** Why a generation is not taken: what becomes a nack. Never holds a value of a credential. */
const MAX_TEXT = 2_000;

export class Refusal extends Error {
  /** What it is about: `plugin key-auth (…)`, `budget`, `signature`. */
  readonly resource: string;

  constructor(resource: string, message: string) {
    super(message.slice(0, MAX_TEXT));
    this.name = 'Refusal';
    this.resource = resource.slice(0, MAX_TEXT);
  }
}

/** As a refusal, whatever was thrown on the way. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const entity = (error as { entity?: unknown } | null)?.entity;
  const message = error instanceof Error ? error.message : String(error);
  return new Refusal(typeof entity === 'string' ? entity : 'configuration', message);
}
