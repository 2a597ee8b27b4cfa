/** Which content types a body may have: type, subtype with wildcards, and if wanted the parameters. */

interface Type {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function parse(text: string): Type | undefined {
  const [head, ...rest] = text.toLowerCase().split(';', 10);
  const parts = /^\s*([^\s/]+)\/([^\s/]+)\s*$/.exec(head!);
  if (parts === null) return undefined;
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (equals > 0)
      parameters.set(
        part.slice(0, equals).trim(),
        part
          .slice(equals + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1'),
      );
  }
  return { type: parts[1]!, subtype: parts[2]!, parameters };
}

export class ContentTypes {
  readonly #allowed: readonly Type[];
  readonly #withParameters: boolean;

  constructor(allowed: readonly string[], withParameters: boolean) {
    this.#allowed = allowed.map(parse).filter((type) => type !== undefined);
    this.#withParameters = withParameters;
  }

  allow(text: string): boolean {
    const given = parse(text);
    return given !== undefined && this.#allowed.some((allowed) => this.#matches(allowed, given));
  }

  #matches(allowed: Type, given: Type): boolean {
    if (allowed.type !== '*' && allowed.type !== given.type) return false;
    if (allowed.subtype !== '*' && allowed.subtype !== given.subtype) return false;
    if (!this.#withParameters) return true;
    if (allowed.parameters.size !== given.parameters.size) return false;
    for (const [name, value] of allowed.parameters) if (given.parameters.get(name) !== value) return false;
    return true;
  }
}
