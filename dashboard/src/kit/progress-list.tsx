import { Check, LoaderCircle, Minus, TriangleAlert } from 'lucide-react';
import './progress-list.css';

export interface Outcome {
  readonly kind: 'done' | 'left-out' | 'refused';
  /** What became of it, in words. */
  readonly reason: string;
}

export interface ProgressEntry {
  readonly key: string;
  readonly label: string;
  /** Null while it waits. */
  readonly outcome: Outcome | null;
}

const icons = { done: Check, 'left-out': Minus, refused: TriangleAlert } as const;

/** Many things done one by one: how far it is, and what became of each. */
export function ProgressList({ entries }: { readonly entries: readonly ProgressEntry[] }) {
  const settled = entries.filter(({ outcome }) => outcome !== null).length;
  const done = entries.filter(({ outcome }) => outcome?.kind === 'done').length;
  return (
    <>
      <p role="status" className="progress-summary">
        {settled === entries.length ? `${done} of ${entries.length} done.` : `${settled} of ${entries.length} …`}
      </p>
      <progress className="progress-bar" aria-label="Progress" value={settled} max={entries.length} />
      <OutcomeList entries={entries} />
    </>
  );
}

/** More would take long to draw, and nobody reads them. */
const listedMax = 500;

/** What became of each. Of a long list the first 500, and how many more there are. */
export function OutcomeList({ entries }: { readonly entries: readonly ProgressEntry[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, which the keyboard must be able to do.
    <ul className="progress-list" tabIndex={0} aria-label="Results">
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
