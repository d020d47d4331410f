import type { OrgError } from '@rollcall/client';
import { Button } from '../../kit/button.ts';
import { LoadingList } from '../../kit/states.tsx';
import { explain } from '../../live/explain.ts';

interface UnreadProps {
  /** "your sessions". */
  readonly what: string;
  readonly rows?: number;
  /** The error of the latest read. */
  readonly error: OrgError | null;
  onRetry(): void;
}

/** Replaces a part of the account that is being read, or could not be read. */
export function Unread({ what, rows = 1, error, onRetry }: UnreadProps) {
  if (!error) return <LoadingList label={`Loading ${what}`} rows={rows} />;
  return (
    <div className="account-unread">
      <p role="alert">
        Couldn’t load {what}. {explain(error, false)}
      </p>
      <Button isSmall aria-label={`Try again: ${what}`} onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}
