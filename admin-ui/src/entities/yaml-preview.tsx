/** What a form makes, as a piece of a declarative file, renewed as one types. */
import { useEffect, useState } from 'react';
import { CodeLine } from '../parts/code.tsx';
import { declarativeYaml } from './declarative.ts';

type Collections = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

export function YamlPreview({
  collections,
  label = 'kong.yml',
}: {
  collections: Collections;
  label?: string;
}) {
  const [text, setText] = useState('');
  const key = JSON.stringify(collections);
  useEffect(() => {
    let current = true;
    void declarativeYaml(JSON.parse(key) as Collections).then((yaml) => {
      if (current) setText(yaml);
    });
    return () => {
      current = false;
    };
  }, [key]);
  return <CodeLine label={label} text={text} />;
}
