import type { ComponentProps, KeyboardEvent, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Why, type WhyProps } from './why.tsx';

export interface Option {
  readonly value: string;
  readonly label: string;
}

export interface SelectProps extends Omit<ComponentProps<'select'>, 'value' | 'onChange' | 'children'> {
  readonly value: string;
  readonly options: readonly Option[];
  /** The accessible name, if there is no visible label. */
  readonly label?: string | undefined;
  readonly isSmall?: boolean | undefined;
  /** The reason why the value cannot be changed. The control can still be focused. */
  readonly whyNot?: ReactNode;
  onValue(value: string): void;
}

/** The native select, which works with every phone, screen reader and keyboard. */
export function Select({ value, options, label, isSmall, whyNot, className, onValue, ...rest }: SelectProps) {
  const render = (why: WhyProps) => (
    <select
      {...rest}
      {...why}
      aria-label={label}
      className={classNames('rollcall-select', isSmall && 'rollcall-select-small', className)}
      value={value}
      onKeyDown={whyNot ? undefined : openByArrow}
      onChange={(event) => onValue(event.target.value)}
    >
      {/* A disabled select can't have the focus. This one stays enabled, with its value alone. */}
      {options
        .filter((option) => !whyNot || option.value === value)
        .map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
    </select>
  );
  return <Why reason={whyNot}>{render}</Why>;
}

/**
 * Opens the list on an arrow key. Most browsers would choose the next option instead, which the
 * user may not want where a choice takes effect immediately.
 */
function openByArrow(event: KeyboardEvent<HTMLSelectElement>): void {
  if ((event.key !== 'ArrowDown' && event.key !== 'ArrowUp') || !('showPicker' in event.currentTarget)) return;
  event.preventDefault();
  event.currentTarget.showPicker();
}
