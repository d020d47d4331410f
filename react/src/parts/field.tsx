import { type ComponentProps, type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';
import { Combobox } from './combobox.tsx';
import { type Option, Select } from './select.tsx';
import type { Choice } from './use-choosing.ts';

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
    <div className={classNames('rollcall-field', className)}>
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
      {(control) => (
        <input className="rollcall-input" {...rest} {...control} value={value} onChange={(event) => onValue(event.target.value)} />
      )}
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
        <textarea
          className="rollcall-input rollcall-text-area"
          {...rest}
          {...control}
          value={value}
          onChange={(event) => onValue(event.target.value)}
        />
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
    <p id={id} className={error ? 'rollcall-field-error' : 'rollcall-field-hint'} role={error ? 'alert' : undefined}>
      {error || hint}
    </p>
  );
}
