/** What holds for the whole page: the gateway is away, or what it serves cannot be changed here. */
import { Lock, RotateCw, Unplug } from 'lucide-react';
import { connection, session } from '../api/gateway.ts';
import { mayAct } from '../api/session.ts';
import { useReadOnly } from '../api/use-api.ts';
import { useValue } from '../api/use-value.ts';
import { Button } from '../parts/button.tsx';
import { secondsUntil, useNow } from './live-dot.tsx';

export function Banners() {
  const lost = useValue(connection.state).state === 'lost';
  const { readOnly, reason } = useReadOnly();
  const document = useValue(session.document);
  const role = document?.role;
  return (
    <>
      {lost && <LostBanner />}
      {readOnly && (
        <Banner icon={Lock}>
          <strong className="font-semibold">Read-only.</strong> {reason} Changes made here cannot be saved:
          edit, then copy the result.
        </Banner>
      )}
      {!readOnly && document?.authenticated === true && !mayAct(role, 'write') && (
        <Banner icon={Lock}>
          <strong className="font-semibold">Read-only.</strong> Your token has the role {role}; changes need
          write.
        </Banner>
      )}
    </>
  );
}

function LostBanner() {
  const state = useValue(connection.state);
  const now = useNow();
  if (state.state !== 'lost') return null;
  return (
    <div role="alert" className="border-b border-line bg-bad-soft text-bad">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1.5 md:px-7">
        <Unplug aria-hidden size={15} className="shrink-0" />
        <span className="flex-1">
          <strong className="font-semibold">The gateway does not answer.</strong> What you see is what it said
          last.{' '}
          <span aria-hidden className="numeric">
            Next try in {secondsUntil(state.retryAt, now)} s.
          </span>
        </span>
        <Button icon={RotateCw} onClick={() => connection.retryNow()}>
          Try now
        </Button>
      </div>
    </div>
  );
}

function Banner({ icon: Icon, children }: { icon: typeof Lock; children: React.ReactNode }) {
  return (
    <div role="status" className="border-b border-line bg-warn-soft text-warn">
      <p className="flex items-start gap-2.5 px-4 py-2 md:px-7">
        <Icon aria-hidden size={15} className="mt-0.5 shrink-0" />
        <span>{children}</span>
      </p>
    </div>
  );
}
