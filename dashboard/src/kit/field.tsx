import { type ComponentProps, type KeyboardEvent, type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';
import { Combobox } from './combobox.tsx';
import type { Choice } from './use-choosing.ts';
import { Why } from './why.tsx';
import './field.css';

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  /** Why the value was rejected. */
  readonly error?: string | null | undefined;
}

/** Links a control to its label, its hint and its error. */
interface ControlProps {
  readonly id: string;
  readonly 'aria-invalid'?: true;
  readonly 'aria-describedby'?: string;
}

interface FieldFrameProps extends FieldProps {
  readonly className?: string | undefined;
  children(control: ControlProps): ReactNode;
}

function FieldFrame({ label, hint, error, className, children }: FieldFrameProps) {
  const id = useId();
  const moreId = `${id}-more`;
  return (
    <div className={classNames('field', className)}>
      <label htmlFor={id}>{label}</label>
      {children({ id, ...(error && { 'aria-invalid': true }), ...((error || hint) && { 'aria-describedby': moreId }) })}
      <FieldMore id={moreId} hint={hint} error={error} />
    </div>
  );
}

interface TextFieldProps extends FieldProps, Omit<ComponentProps<'input'>, 'onChange' | 'value'> {
  readonly value: string;
  onValue(value: string): void;
}

export function TextField({ label, hint, error, value, onValue, className, ...rest }: TextFieldProps) {
  return (
    <FieldFrame label={label} hint={hint} error={error} className={className}>
      {(control) => <input className="input" {...rest} {...control} value={value} onChange={(event) => onValue(event.target.value)} />}
    </FieldFrame>
  );
}

interface TextAreaFieldProps extends FieldProps, Omit<ComponentProps<'textarea'>, 'onChange' | 'value'> {
  readonly value: string;
  onValue(value: string): void;
}

export function TextAreaField({ label, hint, error, value, onValue, ...rest }: TextAreaFieldProps) {
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {(control) => (
        <textarea className="input text-area" {...rest} {...control} value={value} onChange={(event) => onValue(event.target.value)} />
      )}
    </FieldFrame>
  );
}

interface SelectFieldProps extends FieldProps {
  readonly value: string;
  readonly options: readonly Option[];
  onValue(value: string): void;
}

export function SelectField({ label, hint, error, ...rest }: SelectFieldProps) {
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {(control) => <Select {...rest} {...control} />}
    </FieldFrame>
  );
}

interface ComboboxFieldProps extends FieldProps {
  readonly value: string;
  readonly options: readonly Choice[];
  readonly placeholder?: string;
  onValue(value: string): void;
}

export function ComboboxField({ label, hint, error, ...rest }: ComboboxFieldProps) {
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {(control) => <Combobox {...rest} {...control} />}
    </FieldFrame>
  );
}

function FieldMore({ id, hint, error }: { readonly id: string; readonly hint: ReactNode; readonly error: string | null | undefined }) {
  if (!error && !hint) return null;
  return (
    <p id={id} className={error ? 'field-error' : 'field-hint'} role={error ? 'alert' : undefined}>
      {error || hint}
    </p>
  );
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

interface SelectProps extends Pick<ComponentProps<'select'>, 'id' | 'aria-invalid' | 'aria-describedby' | 'onFocus' | 'onBlur'> {
  readonly value: string;
  readonly options: readonly Option[];
  /** The accessible name, if there is no visible label. */
  readonly label?: string;
  /** The reason why the value cannot be changed. The control can still be focused. */
  readonly whyNot?: ReactNode;
  readonly isSmall?: boolean;
  readonly className?: string;
  onValue(value: string): void;
}

/** The native select, which works with every phone, screen reader and keyboard. */
export function Select({ value, options, label, whyNot, isSmall, className, onValue, ...rest }: SelectProps) {
  // A disabled select could not be focused. This one has no other option instead.
  const choices = whyNot ? options.filter((option) => option.value === value) : options;
  return (
    <Why reason={whyNot}>
      {(why) => (
        <select
          {...rest}
          aria-label={label}
          className={classNames('select', isSmall && 'select-small', className)}
          value={value}
          onChange={(event) => onValue(event.target.value)}
          onKeyDown={whyNot ? undefined : openByArrow}
          {...why}
        >
          {choices.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Why>
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
