/** Changed fields, what they were and what they will be. Secrets are not shown, that they change is. */
import type { ReactNode } from 'react';
import type { ChangedField } from '../form/changed-fields.ts';
import { labelOf, type Path } from '../form/schema.ts';

export function pathText(path: Path): string {
  return path.map((step) => (typeof step === 'number' ? `${step + 1}` : step)).join('.');
}

export function valueText(value: unknown, secret: boolean): string {
  if (value === null || value === undefined) return 'not set';
  if (secret) return '••••••';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function DiffTable({ fields }: { readonly fields: readonly ChangedField[] }) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full border-separate border-spacing-0 text-left">
        <thead className="text-12 text-faint">
          <tr>
            <Head>Field</Head>
            <Head>Before</Head>
            <Head>After</Head>
          </tr>
        </thead>
        <tbody>
          {fields.map(({ path, before, after, secret }) => (
            <tr key={pathText(path)} className="align-top">
              <th scope="row" className="border-b border-line py-1.5 pr-4 font-medium" title={pathText(path)}>
                {path
                  .map((step) => (typeof step === 'number' ? String(step + 1) : labelOf(step)))
                  .join(' › ')}
              </th>
              <Cell>
                <Value text={valueText(before, secret)} gone />
              </Cell>
              <Cell>
                <Value text={valueText(after, secret)} />
              </Cell>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({ children }: { readonly children: ReactNode }) {
  return (
    <th scope="col" className="border-b border-line py-1.5 pr-4 font-medium">
      {children}
    </th>
  );
}

function Cell({ children }: { readonly children: ReactNode }) {
  return <td className="border-b border-line py-1.5 pr-4">{children}</td>;
}

function Value({ text, gone = false }: { readonly text: string; readonly gone?: boolean }) {
  const unset = text === 'not set';
  const Element = gone ? 'del' : 'ins';
  return (
    <Element
      className={`rounded-sm px-1 font-mono text-12 break-all no-underline ${unset ? 'text-faint' : gone ? 'bg-bad-soft text-bad' : 'bg-good-soft text-good'}`}
    >
      {text}
    </Element>
  );
}
