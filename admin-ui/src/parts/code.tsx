/** Text of machines: a line to be pasted, a block to be read. */
import { Check, Copy } from 'lucide-react';
import { useRef, useState } from 'react';
import { copyText } from './copy.ts';

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false);
  const timer = useRef<number>(undefined);
  const Icon = copied ? Check : Copy;
  return (
    <button
      type="button"
      aria-label={copied ? `${label}: copied` : label}
      title={label}
      onClick={async () => {
        await copyText(text);
        setCopied(true);
        window.clearTimeout(timer.current);
        timer.current = window.setTimeout(() => setCopied(false), 1_500);
      }}
      className="grid size-7 shrink-0 place-items-center rounded-md text-faint hover:bg-hover hover:text-text"
    >
      <Icon aria-hidden size={14} className={copied ? 'text-good' : ''} />
    </button>
  );
}

export function CodeLine({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <figure className="overflow-hidden rounded-md border border-line bg-sunken">
      <figcaption className="flex items-center justify-between border-b border-line py-0.5 pr-1 pl-3 text-12 text-faint">
        {label}
        <CopyButton text={text} label={`Copy: ${label}`} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
      <pre tabIndex={0} className="overflow-x-auto px-3 py-2.5 text-12 leading-5">
        {text}
      </pre>
    </figure>
  );
}
