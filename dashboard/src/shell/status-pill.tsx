import { useClient, useClientStatus } from '@rollcall/client/react';
import { loadable, Popover } from '@rollcall/react/parts';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useAnnounce } from '../kit/announcer.tsx';
import { useOrganization, useOrgStatus } from '../live/organization.tsx';
import { describeStatus } from './describe-status.ts';
import './status-pill.css';

const StatusDetails = loadable(() => import('./status-details.tsx'));

/**
 * Shows the phase, the revision, and how long ago the server confirmed that the page is current.
 */
export function StatusPill() {
  const org = useOrganization();
  const status = useOrgStatus();
  const client = useClient();
  const clientStatus = useClientStatus();
  const isOnline = useSyncExternalStore(subscribeOnline, () => navigator.onLine);
  useEverySecond();
  const text = describeStatus({ org: status, client: clientStatus, isOnline, retryInMs: client.nextTryInMs });
  useAnnouncedPhase(text.label);
  const lag = org.ageMs === null ? null : `${Math.round(org.ageMs / 1_000)} s`;
  return (
    // This region is not live, because the page's live region announces changes of phase, and the
    // seconds are never announced.
    <div role="status" aria-live="off" className="status">
      <Popover
        label="Connection status"
        loadFirst={StatusDetails.load}
        trigger={
          <button type="button" className="status-pill" data-tone={text.tone}>
            <span className="status-dot" aria-hidden />
            <span>{text.label}</span> {status.revision !== null && <span className="status-more">r{status.revision}</span>}{' '}
            {lag !== null && <span className="status-more status-lag">{lag}</span>}
          </button>
        }
      >
        {() => <StatusDetails text={text} revision={status.revision} lag={lag} />}
      </Popover>
    </div>
  );
}

function useAnnouncedPhase(label: string): void {
  const announce = useAnnounce();
  const phase = label.replace(/ in \d+ s| \d+%/, '');
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
