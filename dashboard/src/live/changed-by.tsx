import type { Highlight } from './highlights.ts';
import './changed-by.css';

/**
 * Marks a change by another user, with their name if the viewer may know it. The live region
 * announces the change.
 */
export function ChangedBy({ highlight }: { readonly highlight: Highlight | null }) {
  if (!highlight) return null;
  return (
    <span className="changed-by" title={highlight.text}>
      {highlight.by === null ? 'Changed just now' : `by ${highlight.by}`}
    </span>
  );
}
