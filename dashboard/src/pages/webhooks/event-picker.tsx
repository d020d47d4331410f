import { eventTypes } from '@rollcall/client';

interface EventPickerProps {
  /** Names of events, or all of a group: `member.*`. Empty: all events. */
  readonly chosen: readonly string[];
  readonly error?: string | null | undefined;
  onChange(chosen: readonly string[]): void;
}

const groupOf = (type: string) => type.slice(0, type.indexOf('.'));
const groups = [...new Set(eventTypes.map(groupOf))].map((group) => [group, eventTypes.filter((type) => groupOf(type) === group)] as const);

/** Checkboxes for event types, grouped by the record that they are about. */
export function EventPicker({ chosen, error, onChange }: EventPickerProps) {
  const toggle = (name: string, replaced: readonly string[] = []) => {
    const rest = chosen.filter((one) => one !== name && !replaced.includes(one));
    onChange(chosen.includes(name) ? rest : [...rest, name]);
  };
  return (
    <fieldset className="event-picker">
      <legend>Events</legend>
      <p className="rollcall-field-hint">{chosen.length === 0 ? 'All events are sent.' : 'Only the selected events are sent.'}</p>
      {error && (
        <p className="rollcall-field-error" role="alert">
          {error}
        </p>
      )}
      {groups.map(([group, types]) => {
        const all = `${group}.*`;
        return (
          <div key={group} className="event-group">
            <label>
              <input type="checkbox" checked={chosen.includes(all)} onChange={() => toggle(all, types)} />
              {all}
            </label>
            <div>
              {types.map((type) => (
                <label key={type}>
                  <input
                    type="checkbox"
                    checked={chosen.includes(type) || chosen.includes(all)}
                    aria-disabled={chosen.includes(all) || undefined}
                    onChange={() => !chosen.includes(all) && toggle(type)}
                  />
                  {type.slice(group.length + 1)}
                  <span className="visually-hidden"> of {group}</span>
                </label>
              ))}
            </div>
          </div>
        );
      })}
    </fieldset>
  );
}
