import './check-list.css';

interface CheckListProps {
  readonly label: string;
  /** What stands there when there is nothing to choose. */
  readonly none: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly chosen: readonly string[];
  onChosen(chosen: readonly string[]): void;
}

/** Any number out of several, all to be seen at once. */
export function CheckList({ label, none, options, chosen, onChosen }: CheckListProps) {
  return (
    <fieldset className="check-list">
      <legend>{label}</legend>
      {options.length === 0 && <p>{none}</p>}
      <div>
        {options.map(({ value, label: words }) => (
          <label key={value}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={({ target }) => onChosen(target.checked ? [...chosen, value] : chosen.filter((one) => one !== value))}
            />
            <span>{words}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
