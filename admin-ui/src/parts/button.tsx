/** Buttons and links that look like buttons: one height, four weights. */
import { Link, type LinkProps } from '@tanstack/react-router';
import type { LucideIcon } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';

export type Weight = 'primary' | 'plain' | 'quiet' | 'danger';

const WEIGHTS: Readonly<Record<Weight, string>> = {
  primary: 'bg-primary text-on-primary hover:bg-primary-hover border-transparent',
  plain: 'bg-surface text-text border-control/55 hover:bg-hover hover:border-control',
  quiet: 'text-soft border-transparent hover:bg-hover hover:text-text',
  danger: 'bg-danger text-on-danger border-transparent hover:bg-danger-hover',
};

export function buttonClass(weight: Weight, iconOnly = false): string {
  return `inline-flex h-(--control-height) shrink-0 items-center justify-center gap-1.5 rounded-md border text-13 font-medium whitespace-nowrap transition-colors duration-(--quick) select-none disabled:cursor-default disabled:opacity-50 ${WEIGHTS[weight]} ${iconOnly ? 'w-(--control-height)' : 'px-3'}`;
}

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> {
  readonly weight?: Weight;
  readonly icon?: LucideIcon;
  /** What it is doing; the button keeps its width and takes no second press. */
  readonly busy?: boolean;
  readonly children?: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({
  weight = 'plain',
  icon: Icon,
  busy = false,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : rest.onClick}
      className={`${buttonClass(weight)} ${busy ? 'opacity-60' : ''}`}
    >
      {Icon !== undefined && <Icon aria-hidden size={15} strokeWidth={2} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> {
  readonly icon: LucideIcon;
  /** What it does, for those who see no icon and as its tooltip. */
  readonly label: string;
  readonly weight?: Weight;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ icon: Icon, label, weight = 'quiet', ...rest }: IconButtonProps) {
  return (
    <button type="button" aria-label={label} title={label} {...rest} className={buttonClass(weight, true)}>
      <Icon aria-hidden size={16} />
    </button>
  );
}

export function ButtonLink({
  weight = 'plain',
  icon: Icon,
  children,
  ...rest
}: LinkProps & { readonly weight?: Weight; readonly icon?: LucideIcon; readonly children?: ReactNode }) {
  return (
    <Link {...(rest as LinkProps)} className={buttonClass(weight)}>
      {Icon !== undefined && <Icon aria-hidden size={15} />}
      {children}
    </Link>
  );
}
