import { Check, LoaderCircle, Minus, TriangleAlert } from 'lucide-react';

export interface Outcome {
  readonly kind: 'done' | 'left-out' | 'refused';
  /** The result in words: "Invited". */
  readonly reason: string;
}

export interface ProgressEntry {
  readonly key: string;
  readonly label: string;
  /** Null while the entry is waiting. */
  readonly outcome: Outcome | null;
}

const icons = { done: Check, 'left-out': Minus, refused: TriangleAlert } as const;

/** The progress of actions that run one after the other, and the result of each. */
export function ProgressList({ summary, entries }: { readonly summary: string; readonly entries: readonly ProgressEntry[] }) {
  const finished = entries.filter(({ outcome }) => outcome !== null).length;
  return (
    <>
      <p role="status" className="rollcall-progress-summary">
        {summary}
      </p>
      <progress className="rollcall-progress-bar" aria-label="Progress" value={finished} max={entries.length} />
      <OutcomeList entries={entries} />
    </>
  );
}

/** The maximum number of rendered entries. Rendering more of them takes too long. */
const listedMax = 500;

/** The result of each entry. A long list shows the first 500 and the number of the others. */
export function OutcomeList({ entries }: { readonly entries: readonly ProgressEntry[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: users scroll it by keyboard.
    <ul className="rollcall-progress-list" tabIndex={0} aria-label="Results">
      {entries.slice(0, listedMax).map(({ key, label, outcome }) => {
        const Icon = outcome ? icons[outcome.kind] : LoaderCircle;
        return (
          <li key={key} data-outcome={outcome?.kind}>
            <Icon size={15} aria-hidden />
            <span>
              {label}
              <small>{outcome?.reason ?? 'Waiting'}</small>
            </span>
          </li>
        );
      })}
      {entries.length > listedMax && <li>And {(entries.length - listedMax).toLocaleString('en')} more.</li>}
    </ul>
  );
}
