import { useRecentChanges } from '../live/use-highlight.ts';
import type { StatusWords } from './status-words.ts';
import { sayAge } from './time-words.ts';

interface StatusDetailsProps {
  readonly words: StatusWords;
  readonly revision: number | null;
  /** Seconds since the server confirmed the page. Null before it did. */
  readonly lag: string | null;
}

/** The contents of the status pill's popover. */
export default function StatusDetails({ words, revision, lag }: StatusDetailsProps) {
  return (
    <div className="status-details">
      <strong>{words.label}</strong>
      <p>{words.meaning}</p>
      <dl>
        <div>
          <dt>Revision</dt>
          <dd>{revision ?? '–'}</dd>
        </div>
        <div>
          <dt>Confirmed current</dt>
          <dd>{lag === null ? 'not yet' : `${lag} ago`}</dd>
        </div>
      </dl>
      <RecentChanges />
    </div>
  );
}

function RecentChanges() {
  const recent = useRecentChanges();
  return (
    <>
      <h2>Changes by others</h2>
      {recent.length === 0 ? (
        <p>None since you opened this page. They show up here, and where they happen.</p>
      ) : (
        <ul>
          {recent.map((change) => (
            <li key={change.id}>
              <span>{change.text}</span>
              <small>
                {change.by && `${change.by}, `}
                {sayAge(Date.now() - change.at)}
              </small>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
