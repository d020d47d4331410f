import { useClient, useClientStatus } from '@rollcall/client/react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useAnnounce } from '../kit/announcer.tsx';
import { Popover } from '../kit/popover.tsx';
import { useOrganization, useOrgStatus } from '../live/organization.tsx';
import { useRecentChanges } from '../live/use-highlight.ts';
import { describeStatus } from './status-words.ts';
import { sayAge } from './time-words.ts';
import './status-pill.css';

/** How current the page is, always in sight: the phase, the revision, and how long ago the server confirmed it. */
export function StatusPill() {
  const org = useOrganization();
  const status = useOrgStatus();
  const client = useClient();
  const clientStatus = useClientStatus();
  const isOnline = useSyncExternalStore(subscribeOnline, () => navigator.onLine);
  useEverySecond();
  const words = describeStatus({ org: status, client: clientStatus, isOnline, retryInMs: client.nextTryInMs });
  useSpokenPhase(words.label);
  const lag = org.ageMs === null ? null : `${Math.round(org.ageMs / 1_000)} s`;
  return (
    // Read when asked for; changes of phase are said by the page's live region, and the seconds by nobody.
    <div role="status" aria-live="off" className="status">
      <Popover
        label="How current this page is"
        trigger={
          <button type="button" className="status-pill" data-tone={words.tone}>
            <span className="status-dot" aria-hidden />
            <span>{words.label}</span> {status.revision !== null && <span className="status-more">r{status.revision}</span>}{' '}
            {lag !== null && <span className="status-more status-lag">{lag}</span>}
          </button>
        }
      >
        {() => (
          <div className="status-details">
            <strong>{words.label}</strong>
            <p>{words.meaning}</p>
            <dl>
              <div>
                <dt>Revision</dt>
                <dd>{status.revision ?? '–'}</dd>
              </div>
              <div>
                <dt>Confirmed current</dt>
                <dd>{lag === null ? 'not yet' : `${lag} ago`}</dd>
              </div>
            </dl>
            <RecentChanges />
          </div>
        )}
      </Popover>
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

function useSpokenPhase(label: string): void {
  const announce = useAnnounce();
  const phase = label.replace(/ in \d+ s| \d+ %/, '');
  const last = useRef(phase);
  useEffect(() => {
    if (last.current !== phase) announce(`Connection: ${phase}`);
    last.current = phase;
  }, [announce, phase]);
}

function useEverySecond(): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setCount((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
}

function subscribeOnline(listener: () => void): () => void {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
}
