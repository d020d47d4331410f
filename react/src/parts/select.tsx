import type { ComponentProps, KeyboardEvent } from 'react';

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
  onValue(value: string): void;
}

/** The native select, which works with every phone, screen reader and keyboard. */
export function Select({ value, options, label, isSmall = false, className = '', onValue, ...rest }: SelectProps) {
  return (
    <select
      onKeyDown={openByArrow}
      {...rest}
      aria-label={label}
      className={`rollcall-select ${isSmall ? 'rollcall-select-small' : ''} ${className}`}
      value={value}
      onChange={(event) => onValue(event.target.value)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
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
