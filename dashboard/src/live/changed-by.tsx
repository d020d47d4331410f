import type { Highlight } from './highlights.ts';
import './changed-by.css';

/** Beside what somebody else just changed: who it was, where one may know. What changed is heard from the live region. */
export function ChangedBy({ highlight }: { readonly highlight: Highlight | null }) {
  if (!highlight) return null;
  return (
    <span className="changed-by" title={highlight.text}>
      {highlight.by === null ? 'Changed just now' : `by ${highlight.by}`}
    </span>
  );
}
