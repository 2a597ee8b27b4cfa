/**
 * Kong's own schema language for bodies, as JSON Schema: a list of fields, each `{ "<name>": { "type": ... } }`. What
 * cannot be said in JSON Schema (Lua patterns) is refused.
 */

export type JsonSchema = Record<string, unknown> | boolean;
type Description = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 50;

function isObject(value: unknown): value is Description {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws an Error that says what is wrong with the description. */
export function fromKongFields(fields: unknown, depth = 0): JsonSchema {
  if (!Array.isArray(fields)) throw new Error('a schema of version kong is a list of fields');
  if (depth > MAX_DEPTH) throw new Error('the schema is nested too deeply');
  const properties: Record<string, JsonSchema> = Object.create(null);
  const required: string[] = [];
  for (const field of fields) {
    const entries = isObject(field) ? Object.entries(field) : [];
    if (entries.length !== 1 || !isObject(entries[0]![1])) {
      throw new Error('each field is an object with one name and its description');
    }
    const [name, description] = entries[0] as [string, Description];
    properties[name] = ofType(name, description, depth);
    if (description['required'] === true) required.push(name);
  }
  return { type: 'object', properties, required, additionalProperties: false };
}

function ofType(name: string, description: Description, depth: number): JsonSchema {
  if (depth > MAX_DEPTH) throw new Error('the schema is nested too deeply');
  const schema: Record<string, unknown> = {};
  const nested = (key: string): JsonSchema => {
    const value = description[key];
    if (!isObject(value)) throw new Error(`${name}: ${key} is missing`);
    return ofType(`${name}.${key}`, value, depth + 1);
  };
  switch (description['type']) {
    case 'string':
    case 'number':
    case 'integer':
    case 'boolean':
      schema['type'] = description['type'];
      break;
    case 'array':
    case 'set':
      schema['type'] = 'array';
      schema['items'] = nested('elements');
      if (description['type'] === 'set') schema['uniqueItems'] = true;
      break;
    case 'map':
      schema['type'] = 'object';
      if (description['keys'] !== undefined) schema['propertyNames'] = nested('keys');
      schema['additionalProperties'] = nested('values');
      break;
    case 'record':
      Object.assign(schema, fromKongFields(description['fields'], depth + 1));
      break;
    default:
      throw new Error(`${name}: the type ${JSON.stringify(description['type'])} is not known`);
  }
  for (const [key, value] of Object.entries(description)) constrain(schema, name, key, value);
  return schema;
}

function constrain(schema: Record<string, unknown>, name: string, key: string, value: unknown): void {
  const size = schema['type'] === 'array' ? 'Items' : 'Length';
  switch (key) {
    case 'type':
    case 'required':
    case 'elements':
    case 'keys':
    case 'values':
    case 'fields':
    case 'description':
      return;
    case 'one_of':
      schema['enum'] = value;
      return;
    case 'eq':
      schema['const'] = value;
      return;
    case 'len_min':
      schema[`min${size}`] = value;
      return;
    case 'len_max':
      schema[`max${size}`] = value;
      return;
    case 'len_eq':
      schema[`min${size}`] = value;
      schema[`max${size}`] = value;
      return;
    case 'gt':
      schema['exclusiveMinimum'] = value;
      return;
    case 'uuid':
      if (value === true) schema['format'] = 'uuid';
      return;
    case 'between':
      if (!Array.isArray(value) || value.length !== 2) throw new Error(`${name}: between has two numbers`);
      schema['minimum'] = value[0];
      schema['maximum'] = value[1];
      return;
    default:
      throw new Error(`${name}: ${key} is not available; use a draft of JSON Schema`);
  }
}
