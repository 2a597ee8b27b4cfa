/** Several words in one field, as `TagsControl` of the schema forms, for pages that have no schema. */
import { TagsControl } from '../../form/list-controls.tsx';

const SCHEMA = { type: 'set', elements: { type: 'string' } } as const;
const NOTHING = () => undefined;

export function ListInput(props: {
  id: string;
  placeholder: string;
  values: readonly string[];
  onChange: (values: readonly string[]) => void;
}) {
  const { id, placeholder, values, onChange } = props;
  return (
    <TagsControl
      id={id}
      path={[]}
      schema={{ ...SCHEMA, default: [placeholder] }}
      value={values}
      onChange={(next) => onChange((next ?? []) as readonly string[])}
      onBlur={NOTHING}
      invalid={false}
      describedBy={`${id}-description`}
    />
  );
}
