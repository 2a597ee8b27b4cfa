/** Asks for a token when the gateway wants one. The token goes into the login and nowhere else; the page stays. */
import { LogIn } from 'lucide-react';
import { type FormEvent, useId, useRef, useState } from 'react';
import { isProblem } from '../api/api-problem.ts';
import { session } from '../api/gateway.ts';
import { refreshAll } from '../api/use-api.ts';
import { useValue } from '../api/use-value.ts';
import { Button } from '../parts/button.tsx';
import { CodeLine } from '../parts/code.tsx';
import { Field, Input } from '../parts/controls.tsx';
import { Dialog } from '../parts/dialog.tsx';

export function LoginDialog() {
  const wanted = useValue(session.loginWanted);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const token = input.current?.value.trim() ?? '';
    if (token === '') {
      setError('Paste a token.');
      return;
    }
    setBusy(true);
    try {
      await session.login(token);
      setError(undefined);
      void refreshAll();
    } catch (problem) {
      setError(isProblem(problem) ? problem.message : String(problem));
      input.current?.focus();
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog
      open={wanted !== undefined}
      onClose={() => undefined}
      insistent
      initialFocus={input}
      title="Log in"
      description="This gateway asks for a token. Paste one; you stay on the page where you are."
    >
      <form onSubmit={submit} className="mt-2 flex flex-col gap-4">
        <Field id={id} label="Token" error={error}>
          <Input
            ref={input}
            id={id}
            name="token"
            type="password"
            autoComplete="current-password"
            mono
            aria-invalid={error !== undefined || undefined}
            aria-describedby={error === undefined ? undefined : `${id}-error`}
          />
        </Field>
        <Button type="submit" weight="primary" icon={LogIn} busy={busy}>
          Log in
        </Button>
        <CodeLine
          label="A token is made where the gateway's store is"
          text="cardinal token create --role admin --name you"
        />
      </form>
    </Dialog>
  );
}
