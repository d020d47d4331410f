import * as Radix from '@radix-ui/react-switch';
import { type ReactNode, useId } from 'react';
import './switch.css';

interface SwitchProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly isOn: boolean;
  readonly isChanged?: boolean;
  /** Why the server rejected the change. */
  readonly error?: ReactNode;
  onChange(isOn: boolean): void;
}

/** A setting that takes effect immediately, with a switch at the end of the line. */
export function SwitchRow({ label, hint, isOn, isChanged, error, onChange }: SwitchProps) {
  const id = useId();
  const control = (
    <Radix.Root id={id} className="switch" checked={isOn} aria-describedby={hint ? `${id}-more` : undefined} onCheckedChange={onChange}>
      <Radix.Thumb className="switch-thumb" />
    </Radix.Root>
  );
  return (
    <div className="switch-row" data-changed={isChanged || undefined}>
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && <p id={`${id}-more`}>{hint}</p>}
        {error && (
          <p className="rollcall-field-error" role="alert">
            {error}
          </p>
        )}
      </div>
      {control}
    </div>
  );
}
