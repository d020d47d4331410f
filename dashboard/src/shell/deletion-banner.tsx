import { apiLimits, type OrganizationRecord } from '@rollcall/client';
import { Can } from '@rollcall/react';
import { Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../kit/button.ts';
import { useCommands } from '../live/commands.tsx';
import { useCan, useOrganization, useOrgState } from '../live/organization.tsx';
import { formatDateTime, formatTimeUntil } from './format-time.ts';
import './deletion-banner.css';

const removalDelayMs = apiLimits.removalDelayHours * 60 * 60 * 1_000;
const redrawMs = 30_000;

/** Shows when the organization will be deleted. Owners can restore it. */
export default function DeletionBanner({ organization: { name, status } }: { readonly organization: OrganizationRecord }) {
  const org = useOrganization();
  const { run } = useCommands();
  const [isBusy, setBusy] = useState(false);
  const dueMs = useDeadline();
  const restore = async () => {
    setBusy(true);
    await run({ send: () => org.restoreOrganization(), keys: ['organization'], done: `Restored ${name}` }).catch(() => {});
    setBusy(false);
  };
  return (
    <section className="deletion-banner" aria-label="Pending deletion">
      <Trash2 size={17} aria-hidden />
      <p>
        <strong>{status === 'pending_deletion' ? `${name} will be deleted ` : `${name} is being deleted. `}</strong>
        {status === 'pending_deletion' &&
          (dueMs === null ? (
            `within ${apiLimits.removalDelayHours} hours.`
          ) : (
            <>
              <time dateTime={new Date(dueMs).toISOString()}>
                {formatTimeUntil(dueMs - Date.now())}, on {formatDateTime(new Date(dueMs).toISOString())}
              </time>
              .
            </>
          ))}
      </p>
      <Can scope="org:admin" fallback={<p>Owners can restore it.</p>}>
        <Button isSmall isBusy={isBusy} onClick={restore}>
          Restore
        </Button>
      </Can>
    </section>
  );
}

/** The time of the deletion, from the audit log. Null for members who may not read the log. */
function useDeadline(): number | null {
  const org = useOrganization();
  const { allowed } = useCan('org:write');
  const live = useOrgState((state) => state.audit.findLast(({ event }) => event === 'org.remove')?.dateCreated ?? null);
  const [read, setRead] = useState<string | null>(null);
  const [, setCount] = useState(0);
  const isMissing = allowed && live === null;
  useEffect(() => {
    if (!isMissing) return;
    const aborting = new AbortController();
    org.read.auditLog({ event: 'org.remove', perPage: 1, signal: aborting.signal }).then(
      ({ rows }) => setRead(rows[0]?.dateCreated ?? null),
      () => {},
    );
    return () => aborting.abort();
  }, [org, isMissing]);
  useEffect(() => {
    const timer = setInterval(() => setCount((count) => count + 1), redrawMs);
    return () => clearInterval(timer);
  }, []);
  const since = live ?? read;
  return since === null ? null : Date.parse(since) + removalDelayMs;
}
