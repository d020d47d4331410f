import type { LucideIcon } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Tooltip } from './tooltip.tsx';
import { Why } from './why.tsx';

type Variant = 'primary' | 'plain' | 'quiet' | 'danger';

interface ButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  readonly variant?: Variant;
  readonly isSmall?: boolean;
  readonly icon?: LucideIcon;
  /** Ignores further presses while the action runs. */
  readonly isBusy?: boolean;
  /** The reason why the button is disabled. */
  readonly whyNot?: ReactNode;
}

export function Button({ variant = 'plain', isSmall, icon: Icon, isBusy, whyNot, className, children, onClick, ...rest }: ButtonProps) {
  return (
    <Why reason={whyNot}>
      {(why) => (
        <button
          type="button"
          {...rest}
          {...why}
          aria-busy={isBusy || undefined}
          className={classNames(
            'rollcall-button',
            variant !== 'plain' && `rollcall-button-${variant}`,
            isSmall && 'rollcall-button-small',
            className,
          )}
          onClick={whyNot || isBusy ? (event) => event.preventDefault() : onClick}
        >
          {Icon && <Icon size={isSmall ? 14 : 16} aria-hidden />}
          {children}
        </button>
      )}
    </Why>
  );
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  readonly icon: LucideIcon;
  /** The accessible name, also shown as a tooltip. */
  readonly label: string;
  readonly whyNot?: ReactNode;
}

export function IconButton({ icon: Icon, label, whyNot, className, onClick, ...rest }: IconButtonProps) {
  const button = (
    <button
      type="button"
      aria-label={label}
      {...rest}
      className={classNames('rollcall-icon-button', className)}
      {...(whyNot ? { 'aria-disabled': true, 'aria-description': String(whyNot) } : { onClick })}
    >
      <Icon size={16} aria-hidden />
    </button>
  );
  return <Tooltip text={whyNot ?? label}>{button}</Tooltip>;
}
