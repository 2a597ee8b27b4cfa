/** The editor in a component; what it is made of is loaded when it is first shown. */
import { type RefObject, useEffect, useImperativeHandle, useRef } from 'react';
import type { Editor, Mark } from './code-editor.ts';

export interface YamlEditorHandle {
  goTo(line: number): void;
}

export function YamlEditor(props: {
  readonly text: string;
  readonly label: string;
  readonly marks: readonly Mark[];
  readonly readOnly?: boolean;
  readonly onChange: (text: string) => void;
  readonly handle?: RefObject<YamlEditorHandle | null>;
}) {
  const { text, label, marks, readOnly = false, handle } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    let gone = false;
    void import('./code-editor.ts').then(({ createEditor }) => {
      if (gone || host.current === null) return;
      editor.current = createEditor({
        parent: host.current,
        text: latest.current.text,
        label,
        readOnly,
        onChange: (changed) => latest.current.onChange(changed),
      });
      editor.current.setMarks(latest.current.marks);
    });
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = undefined;
    };
  }, [label, readOnly]);
  useEffect(() => editor.current?.setText(text), [text]);
  useEffect(() => editor.current?.setMarks(marks), [marks]);
  useImperativeHandle(handle, () => ({ goTo: (line) => editor.current?.goTo(line) }), []);
  return <div ref={host} className="h-full min-h-0" />;
}
