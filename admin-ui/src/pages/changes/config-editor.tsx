/**
 * The whole configuration as YAML. What is wrong is marked at its line while one types; what would change is shown before it is
 * put in place, all of it as one generation.
 */
import { useQuery } from '@tanstack/react-query';
import { Download, FileUp, Play, RotateCcw } from 'lucide-react';
import { type ChangeEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { isProblem } from '../../api/api-problem.ts';
import type { Change } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { refreshAll, useApi, useNode, useReadOnly } from '../../api/use-api.ts';
import { useUnsavedWarning } from '../../entities/unsaved.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { downloadText } from '../../parts/download.ts';
import type { Mark } from '../../parts/editor/code-editor.ts';
import { YamlEditor, type YamlEditorHandle } from '../../parts/editor/yaml-editor.tsx';
import { ErrorPanel, SkeletonBlock } from '../../parts/states.tsx';
import { toast } from '../../shell/toasts.tsx';
import { ChangeList } from './change-list.tsx';

interface ConfigDocument {
  readonly config: string;
  readonly generation: number;
}

interface Checked {
  readonly changes: readonly Change[];
  readonly changes_total: number;
  readonly findings: readonly Mark[];
}

const TYPING_PAUSE_MS = 500;
const NO_MARKS: readonly Mark[] = [];

export function ConfigEditor() {
  const { data, error, refetch } = useApi<ConfigDocument>(pathOf('wholeConfig'));
  if (error !== null && data === undefined)
    return <ErrorPanel error={error} what="the configuration" onRetry={() => void refetch()} />;
  return data === undefined ? <SkeletonBlock className="h-96" /> : <Loaded served={data} />;
}

function Loaded({ served }: { readonly served: ConfigDocument }) {
  // What was served when the editing began.
  const [base, setBase] = useState(served);
  const [text, setText] = useState(served.config);
  const [reviewing, setReviewing] = useState(false);
  const [busy, setBusy] = useState(false);
  const editor = useRef<YamlEditorHandle>(null);
  const { readOnly } = useReadOnly();
  const { data: node } = useNode();
  const edited = text !== base.config;
  const paused = usePaused(useDeferredValue(text), TYPING_PAUSE_MS);
  useUnsavedWarning(edited);
  useEffect(() => {
    if (!edited && served.generation !== base.generation) {
      setBase(served);
      setText(served.config);
    }
  }, [edited, served, base.generation]);

  const check = useQuery({
    queryKey: ['check', paused, base.generation],
    queryFn: () => checked(paused),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: paused !== base.config,
  });
  const result = paused === base.config ? undefined : check.data;
  const marks = useMemo(() => (result === undefined ? NO_MARKS : result.findings), [result]);
  const errors = marks.filter(({ severity }) => severity === 'error');
  const stale = served.generation !== base.generation;
  // Without a store the whole is replaced, which Kong's own endpoint does.
  const posted =
    readOnly && node?.configuration.declarative_config === '' && node.configuration.control_plane === '';
  const mayApply = !readOnly || posted;
  const ready =
    edited && paused === text && result !== undefined && errors.length === 0 && result.changes_total > 0;

  async function apply() {
    setBusy(true);
    try {
      if (posted) await client.ask(pathOf('config'), { method: 'POST', body: { config: text } });
      else
        await client.ask(pathOf('wholeConfig'), {
          method: 'POST',
          body: { config: text },
          query: { generation: base.generation },
        });
      toast.done('The configuration is in place', 'Every worker serves it.');
      const next = await client.ask<ConfigDocument>(pathOf('wholeConfig'));
      setBase(next);
      setText(next.config);
      setReviewing(false);
    } catch (problem) {
      setReviewing(false);
      toast.failed(
        'The configuration was not put in place',
        `${(problem as Error).message} What you typed is still here.`,
      );
    }
    setBusy(false);
    void refreshAll();
  }

  async function open(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    event.target.value = '';
    if (file !== undefined) setText(await file.text());
  }

  return (
    <div className="flex flex-col gap-3">
      {stale && edited && (
        <p
          role="status"
          className="flex flex-wrap items-center gap-2 rounded-md bg-warn-soft px-3 py-2 text-warn"
        >
          Somebody else changed the configuration meanwhile (generation {served.generation}). Copy what you
          have, then
          <Button
            icon={RotateCcw}
            onClick={() => {
              setBase(served);
              setText(served.config);
            }}
          >
            take what is served
          </Button>
        </p>
      )}
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
        <div className="flex flex-col overflow-hidden rounded-lg border border-line bg-surface">
          <div className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line px-3 py-2">
            <span role="status" className="flex-1 text-soft">
              {!edited
                ? `Generation ${base.generation}, with its secrets`
                : result === undefined || paused !== text
                  ? 'Checking …'
                  : errors.length > 0
                    ? `${errors.length} ${errors.length === 1 ? 'mistake' : 'mistakes'}`
                    : `${result.changes_total} ${result.changes_total === 1 ? 'entity' : 'entities'} would change`}
            </span>
            {edited && (
              <Button icon={RotateCcw} onClick={() => setText(base.config)}>
                Discard
              </Button>
            )}
            <label className="inline-flex h-(--control-height) cursor-pointer items-center gap-1.5 rounded-md border border-control/55 bg-surface px-3 font-medium hover:bg-hover focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent">
              <FileUp aria-hidden size={15} />
              Open a file
              <input
                type="file"
                accept=".yml,.yaml,.json"
                className="sr-only"
                onChange={(event) => void open(event)}
              />
            </label>
            <Button icon={Download} onClick={() => downloadText('kong.yml', 'application/yaml', text)}>
              Download
            </Button>
            {mayApply && (
              <Button
                weight="primary"
                icon={Play}
                data-shortcut="save"
                disabled={!ready}
                onClick={() => setReviewing(true)}
              >
                Apply …
              </Button>
            )}
          </div>
          <div className="h-[calc(100dvh-300px)] min-h-[360px]">
            <YamlEditor
              text={text}
              label="The configuration as YAML"
              marks={marks}
              onChange={setText}
              handle={editor}
            />
          </div>
        </div>
        <section aria-label="What this text means" className="flex flex-col gap-3">
          {errors.length > 0 ? (
            <ul className="flex flex-col gap-1 rounded-lg border border-line bg-surface p-2">
              {errors.slice(0, 50).map((mark, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the same mistake may stand in several lines.
                <li key={i}>
                  <button
                    type="button"
                    onClick={() => editor.current?.goTo(mark.line)}
                    className="flex w-full gap-2 rounded-md px-2 py-1.5 text-left hover:bg-hover"
                  >
                    <Badge tone="bad">line {mark.line}</Badge>
                    <span className="min-w-0 break-words">{mark.message}</span>
                  </button>
                </li>
              ))}
            </ul>
          ) : result === undefined || !edited ? (
            <p className="text-soft">
              Edit the text, or open a file of Kong or decK. What is wrong is marked, what would change is
              listed here, and nothing happens until you apply it.
            </p>
          ) : result.changes_total === 0 ? (
            <p className="text-soft">This says the same as what is served.</p>
          ) : (
            <ChangeList changes={result.changes.slice(0, 50)} total={result.changes_total} />
          )}
        </section>
      </div>
      <Dialog
        open={reviewing && result !== undefined}
        onClose={() => setReviewing(false)}
        wide
        title={`Apply ${result?.changes_total ?? 0} ${result?.changes_total === 1 ? 'change' : 'changes'}?`}
        description="All of them become one generation, or none does."
        footer={
          <>
            <Button onClick={() => setReviewing(false)}>Go on editing</Button>
            <Button weight="primary" icon={Play} busy={busy} onClick={() => void apply()}>
              Apply
            </Button>
          </>
        }
      >
        {result !== undefined && (
          <ChangeList changes={result.changes.slice(0, 100)} total={result.changes_total} />
        )}
      </Dialog>
    </div>
  );
}

/** A document that is wrong is an answer as well. */
async function checked(text: string): Promise<Checked> {
  try {
    return await client.ask<Checked>(pathOf('wholeConfig'), {
      method: 'POST',
      body: { config: text },
      query: { check: 1 },
    });
  } catch (problem) {
    if (!isProblem(problem) || problem.status !== 400) throw problem;
    const findings = problem.body['findings'];
    return {
      changes: [],
      changes_total: 0,
      findings: Array.isArray(findings)
        ? (findings as readonly Mark[])
        : [{ severity: 'error', message: problem.message, line: 1, column: 1 }],
    };
  }
}

/** The value as it was when it last stood still for a while. */
function usePaused<T>(value: T, ms: number): T {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setPaused(value), ms);
    return () => window.clearTimeout(timer);
  }, [value, ms]);
  return paused;
}
