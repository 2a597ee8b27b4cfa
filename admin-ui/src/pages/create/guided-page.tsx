/** A service with its first route and what guards it, on one page, with what it means beside it, made in one go. */
import { CircleCheck, CircleDashed, CircleX, Copy, LoaderCircle, Plus, Undo2 } from 'lucide-react';
import { type FormEvent, useId, useMemo, useState } from 'react';
import { isProblem } from '../../api/api-problem.ts';
import { refreshAll, useReadOnly } from '../../api/use-api.ts';
import { declarativeYaml } from '../../entities/declarative.ts';
import { useUnsavedWarning } from '../../entities/unsaved.ts';
import { YamlPreview } from '../../entities/yaml-preview.tsx';
import { type Problems, problemsOf } from '../../form/field-errors.ts';
import { Button } from '../../parts/button.tsx';
import { Field, Input, Switch } from '../../parts/controls.tsx';
import { copyText } from '../../parts/copy.ts';
import { Card, Page } from '../../parts/page.tsx';
import { toast } from '../../shell/toasts.tsx';
import { type Created, createAll, type Step, StepFailed } from './create-all.ts';
import { ExplainPreview } from './explain-preview.tsx';
import { FirstRequest } from './first-request.tsx';
import { ListInput } from './list-input.tsx';
import { BLANK, type Guided, planOf, planYaml, suggestedName } from './plan.ts';

export function GuidedPage() {
  const id = useId();
  const [form, setForm] = useState<Guided>(BLANK);
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const [errors, setErrors] = useState<{ part: StepFailed['part']; problems: Problems }>();
  const [busy, setBusy] = useState(false);
  const [created, setCreated] = useState<Created>();
  const { readOnly } = useReadOnly();
  const plan = useMemo(() => planOf(form), [form]);
  useUnsavedWarning(created === undefined && !busy && form !== BLANK);
  const set = (part: Partial<Guided>) => setForm({ ...form, ...part });

  async function create(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setErrors(undefined);
    try {
      const made = await createAll(plan, setSteps);
      setCreated(made);
      toast.done('All of it is there', 'Every worker serves it.');
    } catch (failure) {
      if (failure instanceof StepFailed) {
        const { cause, part } = failure;
        setErrors({
          part,
          problems: problemsOf(isProblem(cause) ? cause.fields : undefined, failure.message),
        });
      } else toast.failed('Not created', (failure as Error).message);
    }
    setBusy(false);
    void refreshAll();
  }

  const crumbs = [{ label: 'Services', to: '/services' as '/' }];
  if (created !== undefined)
    return (
      <Page title={`${String(created.service['name'] ?? 'The service')} is there`} crumbs={crumbs}>
        <div className="max-w-[760px]">
          <FirstRequest service={created.service} route={created.route} />
        </div>
      </Page>
    );
  const wrong = (part: StepFailed['part'], ...fields: readonly string[]) => {
    if (errors?.part !== part) return undefined;
    for (const [key, message] of errors.problems.fields)
      if (fields.some((field) => key.startsWith(`["${field}"`))) return message;
    return undefined;
  };
  return (
    <Page
      title="New service"
      crumbs={crumbs}
      note="A service, the route to it, and what guards it. All of it is made at once, or none of it."
    >
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_360px]">
        <form noValidate onSubmit={create} className="flex flex-col gap-4">
          <Card title="Where is the service?">
            <div className="grid gap-x-6 gap-y-4 lg:grid-cols-2">
              <Field
                id={`${id}-url`}
                label="URL"
                required
                error={wrong('service', 'url', 'host', 'port', 'protocol', 'path')}
                description="The gateway forwards to it. A path in it is put before the path of each request."
              >
                <Input
                  id={`${id}-url`}
                  mono
                  placeholder="http://127.0.0.1:3000"
                  value={form.url}
                  aria-invalid={wrong('service', 'url', 'host') !== undefined || undefined}
                  aria-describedby={`${id}-url-description`}
                  onChange={(event) => set({ url: event.target.value })}
                  onBlur={() => form.name === '' && set({ name: suggestedName(form.url) })}
                />
              </Field>
              <Field
                id={`${id}-name`}
                label="Name"
                error={wrong('service', 'name') ?? wrong('route', 'name')}
                description="Of the service, and of its first route."
              >
                <Input
                  id={`${id}-name`}
                  placeholder="orders"
                  value={form.name}
                  aria-describedby={`${id}-name-description`}
                  onChange={(event) => set({ name: event.target.value })}
                />
              </Field>
            </div>
          </Card>
          <Card title="Which requests go to it?">
            <div className="grid gap-x-6 gap-y-4 lg:grid-cols-2">
              <Field
                id={`${id}-paths`}
                label="Paths"
                error={wrong('route', 'paths')}
                description="Prefixes of the path. Enter adds one."
              >
                <ListInput
                  id={`${id}-paths`}
                  placeholder="/orders"
                  values={form.paths}
                  onChange={(paths) => set({ paths })}
                />
              </Field>
              <Field
                id={`${id}-hosts`}
                label="Hosts"
                error={wrong('route', 'hosts')}
                description="None: every host."
              >
                <ListInput
                  id={`${id}-hosts`}
                  placeholder="api.example.com"
                  values={form.hosts}
                  onChange={(hosts) => set({ hosts })}
                />
              </Field>
              <Field
                id={`${id}-methods`}
                label="Methods"
                error={wrong('route', 'methods')}
                description="None: every method."
              >
                <ListInput
                  id={`${id}-methods`}
                  placeholder="GET"
                  values={form.methods}
                  onChange={(methods) => set({ methods: methods.map((method) => method.toUpperCase()) })}
                />
              </Field>
              <Field
                id={`${id}-strip`}
                label="Take the path off"
                description="/orders/1 goes to the service as /1."
              >
                <Switch
                  id={`${id}-strip`}
                  checked={form.stripPath}
                  onChange={(stripPath) => set({ stripPath })}
                  aria-describedby={`${id}-strip-description`}
                />
              </Field>
            </div>
          </Card>
          <Card title="What guards it?">
            <div className="grid gap-x-6 gap-y-4 lg:grid-cols-2">
              <Field
                id={`${id}-key`}
                label="Ask for a key"
                description="key-auth: requests need a key of one of your consumers."
              >
                <Switch
                  id={`${id}-key`}
                  checked={form.keyAuth}
                  onChange={(keyAuth) => set({ keyAuth })}
                  aria-describedby={`${id}-key-description`}
                />
              </Field>
              <Field
                id={`${id}-limit`}
                label="Requests a minute"
                error={wrong('plugin', 'config')}
                description="rate-limiting. Empty: no limit."
              >
                <Input
                  id={`${id}-limit`}
                  inputMode="numeric"
                  placeholder="100"
                  value={form.perMinute}
                  aria-describedby={`${id}-limit-description`}
                  onChange={(event) => set({ perMinute: event.target.value })}
                />
              </Field>
              <Field
                id={`${id}-cors`}
                label="Let pages of other origins use it"
                description="cors: with every origin. Narrow it down afterwards."
              >
                <Switch
                  id={`${id}-cors`}
                  checked={form.cors}
                  onChange={(cors) => set({ cors })}
                  aria-describedby={`${id}-cors-description`}
                />
              </Field>
            </div>
            <p className="mt-4 text-12 text-faint">All other plugins can be added to it afterwards.</p>
          </Card>
          {errors !== undefined && (
            <div role="alert" className="rounded-md bg-bad-soft p-3 text-bad">
              <p className="font-semibold">The {errors.part} was not taken, and nothing was left behind</p>
              <ul>
                {[
                  ...errors.problems.general,
                  ...[...errors.problems.fields].map(
                    ([key, text]) => `${(JSON.parse(key) as string[]).join('.')}: ${text}`,
                  ),
                ].map((text) => (
                  <li key={text} className="break-words">
                    {text}
                  </li>
                ))}
              </ul>
            </div>
          )}
          {steps.length > 0 && <Steps steps={steps} />}
          <div className="flex justify-end">
            {readOnly ? (
              <Button
                weight="primary"
                icon={Copy}
                data-shortcut="save"
                onClick={async () => {
                  await copyText(await declarativeYaml({ services: [planYaml(plan)] }));
                  toast.done('Copied as kong.yml');
                }}
              >
                Copy YAML
              </Button>
            ) : (
              <Button type="submit" weight="primary" icon={Plus} busy={busy} data-shortcut="save">
                Create all
              </Button>
            )}
          </div>
        </form>
        <div className="flex flex-col gap-4">
          <ExplainPreview plan={plan} />
          <YamlPreview collections={{ services: [planYaml(plan)] }} />
        </div>
      </div>
    </Page>
  );
}

const STEP_ICONS = {
  waiting: CircleDashed,
  working: LoaderCircle,
  done: CircleCheck,
  failed: CircleX,
  'taken back': Undo2,
} as const;

function Steps({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <ol aria-label="Steps" aria-live="polite" className="flex flex-wrap gap-x-5 gap-y-1">
      {steps.map(({ label, state }) => {
        const Icon = STEP_ICONS[state];
        return (
          <li
            key={label}
            className={`flex items-center gap-1.5 ${state === 'done' ? 'text-good' : state === 'failed' ? 'text-bad' : 'text-soft'}`}
          >
            <Icon aria-hidden size={14} />
            {label}: {state}
          </li>
        );
      })}
    </ol>
  );
}
