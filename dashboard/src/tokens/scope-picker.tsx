import { type Scope, scopes } from '@rollcall/client';
import './scope-picker.css';

interface ScopePickerProps {
  readonly chosen: ReadonlySet<Scope>;
  readonly error?: string | null | undefined;
  /** The reason why a scope cannot be selected; null if it can. */
  whyNot(scope: Scope): string | null;
  onChange(chosen: ReadonlySet<Scope>): void;
}

const groups = [...new Set(scopes.filter((scope) => scope.includes(':')).map((scope) => scope.split(':')[0]!))].map((name) => ({
  name,
  scopes: scopes.filter((scope) => scope.startsWith(`${name}:`)),
}));

const names: Readonly<Record<string, string>> = {
  org: 'Organization',
  member: 'Members',
  team: 'Teams',
  project: 'Projects',
  event: 'Events',
  alerts: 'Alerts',
};

/** Checkboxes for the scopes of a token, grouped by resource. */
export function ScopePicker({ chosen, error, whyNot, onChange }: ScopePickerProps) {
  const toggle = (scope: Scope) => onChange(new Set(scopes.filter((one) => (one === scope ? !chosen.has(one) : chosen.has(one)))));
  return (
    <fieldset className="scope-picker">
      <legend>Scopes</legend>
      {error && (
        <p className="rollcall-field-error" role="alert">
          {error}
        </p>
      )}
      {groups.map((group) => (
        <div key={group.name} className="scope-group">
          <span aria-hidden>{names[group.name] ?? group.name}</span>
          <div>
            {group.scopes.map((scope) => {
              const reason = whyNot(scope);
              return (
                <label key={scope} title={reason ?? undefined} data-disabled={reason ? '' : undefined}>
                  <input
                    type="checkbox"
                    checked={chosen.has(scope)}
                    aria-disabled={reason ? true : undefined}
                    aria-description={reason ?? undefined}
                    onChange={() => !reason && toggle(scope)}
                  />
                  {scope}
                </label>
              );
            })}
          </div>
        </div>
      ))}
    </fieldset>
  );
}
