/** Who may use the Admin API, and with which tokens data planes may join. A token is shown once, when it is made. */
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { type FormEvent, useId, useMemo, useState } from 'react';
import { isProblem } from '../../api/api-problem.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { refreshAll, useApi } from '../../api/use-api.ts';
import { Time } from '../../entities/cells.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Button, IconButton } from '../../parts/button.tsx';
import { CodeLine } from '../../parts/code.tsx';
import { Field, Input, Select } from '../../parts/controls.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { EmptyFirst, ErrorPanel } from '../../parts/states.tsx';
import { toast } from '../../shell/toasts.tsx';
import type { TableColumn } from '../../table/columns.ts';
import { DataTable } from '../../table/data-table.tsx';
import { useTableAddress } from '../../table/use-table-address.ts';

interface Token {
  readonly id: string;
  readonly role: string;
  readonly name: string | null;
  readonly created_at?: number | null;
  readonly created_by?: string | null;
  readonly expires_at?: number | null;
  readonly last_used_at?: number | null;
  readonly service?: string | null;
}

const rowId = (token: Token) => token.id;

export function Tokens() {
  const { data, error, isFetching, refetch } = useApi<{ readonly data: readonly Token[] }>(pathOf('tokens'));
  const address = useTableAddress();
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<string>();
  const [revoking, setRevoking] = useState<Token>();
  const columns = useMemo(
    (): readonly TableColumn<Token>[] => [
      { id: 'name', header: 'Name', value: (token) => token.name ?? token.id },
      {
        id: 'role',
        header: 'Role',
        width: 180,
        value: (token) => token.role,
        cell: (token) => <Badge>{token.service ? `${token.role} for ${token.service}` : token.role}</Badge>,
      },
      {
        id: 'created',
        header: 'Made',
        width: 190,
        value: (token) => token.created_at,
        cell: (token) => <Time seconds={token.created_at} />,
      },
      { id: 'by', header: 'By', width: 120, value: (token) => token.created_by },
      {
        id: 'used',
        header: 'Last used',
        width: 190,
        value: (token) => token.last_used_at,
        cell: (token) => <Time seconds={token.last_used_at} />,
      },
      {
        id: 'expires',
        header: 'Expires',
        width: 190,
        value: (token) => token.expires_at,
        cell: (token) =>
          token.expires_at ? <Time seconds={token.expires_at} /> : <span className="text-faint">never</span>,
      },
    ],
    [],
  );

  async function revoke(token: Token) {
    try {
      await client.ask(pathOf('token', token.id), { method: 'DELETE' });
      toast.done('The token is revoked');
      setRevoking(undefined);
    } catch (problem) {
      toast.failed('Not revoked', (problem as Error).message);
    }
    void refreshAll();
  }

  if (error !== null && data === undefined) {
    const denied = isProblem(error) && error.status === 403;
    return (
      <ErrorPanel
        error={error}
        what={denied ? 'the tokens: that needs the role admin' : 'the tokens'}
        onRetry={() => void refetch()}
      />
    );
  }
  const add = (
    <Button weight="primary" icon={Plus} data-shortcut="n" onClick={() => setAdding(true)}>
      New token
    </Button>
  );
  return (
    <>
      <DataTable
        name="tokens"
        caption="Tokens"
        singular="token"
        columns={columns}
        rows={data?.data}
        rowId={rowId}
        address={address}
        refreshing={isFetching}
        toolbar={<span className="order-last">{add}</span>}
        empty={
          <section className="rounded-lg border border-line bg-surface">
            <EmptyFirst
              icon={KeyRound}
              title="No tokens yet"
              text="As long as there is none, everybody who reaches the Admin API may do everything. With the first one it asks for a token: keep that one at hand."
              action={add}
              command="cardinal token create --role admin --name you"
            />
          </section>
        }
        rowMenu={(token) => (
          <IconButton
            icon={Trash2}
            label={`Revoke ${token.name ?? token.id}`}
            onClick={() => setRevoking(token)}
          />
        )}
      />
      <Dialog open={adding} onClose={() => setAdding(false)} title="New token">
        {adding && (
          <NewToken
            onMade={(token) => {
              setAdding(false);
              setMade(token);
              void refreshAll();
            }}
          />
        )}
      </Dialog>
      <Dialog
        open={made !== undefined}
        onClose={() => setMade(undefined)}
        insistent
        title="The token has been made"
        description="Copy it now: only a hash of it is kept."
        footer={
          <Button weight="primary" onClick={() => setMade(undefined)}>
            I have copied it
          </Button>
        }
      >
        <CodeLine label="Token" text={made ?? ''} />
      </Dialog>
      <Dialog
        open={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        title={`Revoke ${revoking?.name ?? 'the token'}?`}
        description="Whoever uses it is refused from then on; sessions that began with it end."
        footer={
          <>
            <Button onClick={() => setRevoking(undefined)}>Keep</Button>
            <Button
              weight="danger"
              icon={Trash2}
              onClick={() => revoking !== undefined && void revoke(revoking)}
            >
              Revoke
            </Button>
          </>
        }
      />
    </>
  );
}

const ROLES = [
  { value: 'read', label: 'read', hint: 'may look' },
  { value: 'write', label: 'write', hint: 'may change' },
  { value: 'admin', label: 'admin', hint: 'tokens as well' },
  { value: 'microgateway', label: 'microgateway', hint: 'may join' },
  { value: 'gateway', label: 'gateway', hint: 'may join' },
] as const;

const LIVES = [
  { value: '0', label: 'never' },
  { value: '86400', label: 'after a day' },
  { value: '2592000', label: 'after 30 days' },
  { value: '31536000', label: 'after a year' },
] as const;

function NewToken({ onMade }: { readonly onMade: (token: string) => void }) {
  const id = useId();
  const [name, setName] = useState('');
  const [role, setRole] = useState<(typeof ROLES)[number]['value']>('read');
  const [life, setLife] = useState<(typeof LIVES)[number]['value']>('0');
  const [service, setService] = useState('');
  const [error, setError] = useState<string>();

  async function make(event: FormEvent) {
    event.preventDefault();
    try {
      const body = {
        role,
        ...(name.trim() === '' ? {} : { name: name.trim() }),
        ...(life === '0' ? {} : { expires_in: Number(life) }),
        ...(role === 'microgateway' && service.trim() !== '' ? { service: service.trim() } : {}),
      };
      const { token } = await client.ask<{ token: string }>(pathOf('tokens'), { method: 'POST', body });
      onMade(token);
    } catch (problem) {
      setError((problem as Error).message);
    }
  }

  return (
    <form noValidate onSubmit={make} className="flex flex-col gap-4">
      <Field id={`${id}-name`} label="Name" description="Who or what it is for.">
        <Input
          id={`${id}-name`}
          value={name}
          aria-describedby={`${id}-name-description`}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <Field id={`${id}-role`} label="Role">
        <Select id={`${id}-role`} value={role} onChange={setRole} options={ROLES} />
      </Field>
      {role === 'microgateway' && (
        <Field id={`${id}-service`} label="Service that it stands beside">
          <Input id={`${id}-service`} value={service} onChange={(event) => setService(event.target.value)} />
        </Field>
      )}
      <Field id={`${id}-life`} label="Expires">
        <Select id={`${id}-life`} value={life} onChange={setLife} options={LIVES} />
      </Field>
      {error !== undefined && (
        <p role="alert" className="text-bad">
          {error}
        </p>
      )}
      <Button type="submit" weight="primary" icon={Plus}>
        Make the token
      </Button>
    </form>
  );
}
