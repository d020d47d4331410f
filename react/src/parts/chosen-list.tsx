import { X } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { Combobox } from './combobox.tsx';
import type { Choice } from './use-choosing.ts';

interface ChosenListProps {
  readonly label: string;
  /** The name of the field that adds an entry: "Add a team". */
  readonly addLabel: string;
  /** Shown if there are no options. */
  readonly none: ReactNode;
  readonly options: readonly Choice[];
  readonly chosen: readonly string[];
  onChosen(chosen: readonly string[]): void;
}

/** A choice of any number of options: the chosen ones as chips, and a field to search for more. */
export function ChosenList({ label, addLabel, none, options, chosen, onChosen }: ChosenListProps) {
  const others = useMemo(() => options.filter(({ value }) => !chosen.includes(value)), [options, chosen]);
  const labels = new Map(options.map((option) => [option.value, option.label]));
  return (
    <fieldset className="rollcall-field rollcall-chosen-field">
      <legend>{label}</legend>
      {chosen.length > 0 && (
        <ul className="rollcall-chosen">
          {chosen.map((value) => (
            <li key={value}>
              {labels.get(value) ?? value}
              <button
                type="button"
                aria-label={`Remove ${labels.get(value) ?? value}`}
                onClick={() => onChosen(chosen.filter((one) => one !== value))}
              >
                <X size={13} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      {options.length === 0 ? (
        <p className="rollcall-field-hint">{none}</p>
      ) : (
        others.length > 0 && (
          <Combobox label={addLabel} placeholder={addLabel} value="" options={others} onValue={(value) => onChosen([...chosen, value])} />
        )
      )}
    </fieldset>
  );
}
