import { useRecentChanges } from '../live/use-highlight.ts';
import type { StatusText } from './describe-status.ts';
import { formatAge } from './format-time.ts';

interface StatusDetailsProps {
  readonly text: StatusText;
  readonly revision: number | null;
  /** Time since the server last confirmed that the page is current: "3 s". Null before it did. */
  readonly lag: string | null;
}

/** The content of the status pill's popover. */
export default function StatusDetails({ text, revision, lag }: StatusDetailsProps) {
  return (
    <div className="status-details">
      <strong>{text.label}</strong>
      <p>{text.meaning}</p>
      <dl>
        <div>
          <dt>Revision</dt>
          <dd>{revision ?? '–'}</dd>
        </div>
        <div>
          <dt>Last confirmed</dt>
          <dd>{lag === null ? 'Not yet' : `${lag} ago`}</dd>
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
        <p>None since you opened this page.</p>
      ) : (
        <ul>
          {recent.map((change) => (
            <li key={change.id}>
              <span>{change.text}</span>
              <small>
                {change.by && `${change.by}, `}
                {formatAge(Date.now() - change.at)}
              </small>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
