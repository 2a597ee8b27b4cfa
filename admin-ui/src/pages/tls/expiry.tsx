/** How long a certificate lasts: in words, with a bar of what has passed. */
import { Badge, type Tone } from '../../parts/badge.tsx';

const DAY = 86_400;
export const SOON_DAYS = 30;

export function daysLeft(notAfter: number, nowMs: number = Date.now()): number {
  return Math.floor((notAfter - nowMs / 1000) / DAY);
}

export function ExpiryBadge({ notAfter }: { readonly notAfter: number }) {
  const days = daysLeft(notAfter);
  const [tone, text]: readonly [Tone, string] =
    days < 0
      ? ['bad', `expired ${-days} d ago`]
      : days < SOON_DAYS
        ? ['warn', `${days} d left`]
        : ['good', `${days} d left`];
  return (
    <Badge tone={tone} icon>
      {text}
    </Badge>
  );
}

export function ExpiryBar({
  notBefore,
  notAfter,
}: {
  readonly notBefore: number;
  readonly notAfter: number;
}) {
  const passed = Math.min(1, Math.max(0, (Date.now() / 1000 - notBefore) / (notAfter - notBefore)));
  const days = daysLeft(notAfter);
  return (
    <span className="flex items-center gap-2">
      <svg
        role="img"
        aria-label={`${Math.round(passed * 100)} % of its life has passed`}
        viewBox="0 0 100 1"
        preserveAspectRatio="none"
        className={`h-1.5 w-40 rounded-full bg-sunken ${days < 0 ? 'text-bad' : days < SOON_DAYS ? 'text-warn' : 'text-good'}`}
      >
        <rect width={passed * 100} height="1" fill="currentColor" />
      </svg>
      <ExpiryBadge notAfter={notAfter} />
    </span>
  );
}
