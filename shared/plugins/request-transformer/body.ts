/** The request body as named values, by its type. Other types, and what cannot be read, stay as they are. */
import { applyChanges, type Changes } from '../transform/changes.ts';
import { FormValues } from '../transform/form-values.ts';
import { JsonValues } from '../transform/json-values.ts';
import { MultipartValues } from '../transform/multipart-values.ts';

export type BodyType = 'json' | 'form' | 'multipart' | undefined;

export function bodyType(contentType: string | undefined): BodyType {
  switch ((contentType ?? '').split(';', 1)[0]!.trim().toLowerCase()) {
    case 'application/json':
      return 'json';
    case 'application/x-www-form-urlencoded':
      return 'form';
    case 'multipart/form-data':
      return 'multipart';
    default:
      return undefined;
  }
}

/** The changed body; undefined when it stays as it is. */
export function changeBody(
  type: BodyType,
  contentType: string,
  body: Buffer,
  changes: Changes<string>,
  dots: boolean,
): Buffer | undefined {
  if (type === 'json') {
    const values = JsonValues.parse(body.toString('utf8'), dots);
    if (values === undefined) return undefined;
    applyChanges(values, changes);
    try {
      return Buffer.from(values.toString());
    } catch {
      return undefined;
    }
  }
  if (type === 'form') {
    const values = new FormValues(body.toString('latin1'));
    if (values.tooMany) return undefined;
    applyChanges(values, changes);
    return Buffer.from(values.toString(), 'latin1');
  }
  const values = MultipartValues.parse(contentType, body);
  if (values === undefined) return undefined;
  applyChanges(values, changes);
  return values.toBuffer();
}
