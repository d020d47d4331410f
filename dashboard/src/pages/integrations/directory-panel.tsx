import { type DirectoryDrift, definitionOf, type IntegrationRecord } from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { count } from '../../kit/count.ts';
import { Notice } from '../../kit/notice.tsx';
import { LoadingList } from '../../kit/states.tsx';
import { useNow } from '../../kit/use-now.ts';
import { useCommands } from '../../live/commands.tsx';
import { explain } from '../../live/explain.ts';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useRepeatedRead } from '../../live/use-read.ts';
import { formatAge, formatTimeUntil } from '../../shell/format-time.ts';
import { DriftLists } from './drift-lists.tsx';
import { FollowingTeams } from './following-teams.tsx';

/** The page shows the end of a reading within this time. */
const readingMs = 1_500;
const idleMs = 15_000;

/** The people and teams at a provider, compared with those here. */
export function DirectoryPanel({ integration }: { readonly integration: IntegrationRecord }) {
  const { id, status } = integration;
  const org = useOrganization();
  const { run } = useCommands();
  const mappings = useOrgState((state) => state.externalUsers);
  const [search, setSearch] = useState('');
  const nowMs = useNow(60_000);
  const isPending = (drift: DirectoryDrift | null) =>
    drift !== null && status === 'active' && (drift.isReading || Date.parse(drift.nextReadAt) <= Date.now());
  const { result, error, refresh } = useRepeatedRead(
    (drift: DirectoryDrift | null) => (isPending(drift) ? readingMs : idleMs),
    (options) => org.read.drift(id, { ...options, ...(search && { query: search }) }),
    org,
    search,
    mappings,
    status,
  );
  const sync = async (confirm: boolean) => {
    await run({ send: () => org.syncIntegration(id, { confirm }), keys: [] });
    refresh();
  };
  if (result === null) return error ? <p role="alert">{explain(error, false)}</p> : <LoadingList label="Loading people" rows={3} />;
  return (
    <>
      <div className="integration-actions">
        {status === 'active' && (
          <Button isBusy={isPending(result)} onClick={() => void sync(false).catch(() => {})}>
            Sync now
          </Button>
        )}
        <span role="status">{describe(result, status === 'active', nowMs)}</span>
      </div>
      {result.error !== null && <Notice role="alert">The last sync failed: {result.error} Nothing was changed.</Notice>}
      {result.needsConfirmation.map((change) => (
        <Confirmation key={change.teamId ?? 'members'} change={change} onConfirm={() => sync(true)} />
      ))}
      {definitionOf(integration.provider).hasTeams && <FollowingTeams integration={integration} groups={result.groups} />}
      <DriftLists integration={integration} drift={result} search={search} onSearch={setSearch} />
    </>
  );
}

function describe({ isReading, lastReadAt, nextReadAt, name, people }: DirectoryDrift, isActive: boolean, nowMs: number): string {
  const last =
    lastReadAt === null
      ? 'Not synced yet'
      : `${people.toLocaleString('en')} ${people === 1 ? 'person' : 'people'} at ${name}, synced ${formatAge(nowMs - Date.parse(lastReadAt))}`;
  if (!isActive) return `${last}.`;
  if (isReading) return `${last}. Syncing now.`;
  return `${last}. Next sync ${formatTimeUntil(Date.parse(nextReadAt) - nowMs)}.`;
}

interface ConfirmationProps {
  readonly change: DirectoryDrift['needsConfirmation'][number];
  onConfirm(): Promise<void>;
}

/** A large change, with its numbers, which a person must confirm before the server makes it. */
function Confirmation({ change: { teamId, added, removed, current }, onConfirm }: ConfirmationProps) {
  const team = useOrgState((state) => state.teams).find(({ id }) => id === teamId);
  const [isOpen, setOpen] = useState(false);
  const name = teamId === null ? 'the organization' : team ? `#${team.slug}` : 'a removed team';
  const numbers =
    teamId === null
      ? `${removed} of ${count(current, 'mapped member')} would be removed, because they left the provider’s organization`
      : `${removed} of its ${count(current, 'member')} would leave, and ${added} would join`;
  return (
    <div className="integration-confirmation">
      <Notice>
        A large change to {name} needs your confirmation: {numbers}.
      </Notice>
      <Button onClick={() => setOpen(true)}>Review the change to {name}</Button>
      {isOpen && (
        <ConfirmDialog
          title={`Change the members of ${name}?`}
          action={removed === 0 ? `Add ${added}` : added === 0 ? `Remove ${removed}` : `Remove ${removed} and add ${added}`}
          onConfirm={onConfirm}
          onClose={() => setOpen(false)}
        >
          {numbers}. {teamId === null ? 'They lose access to the organization' : 'Members who leave lose access to the team’s projects'} at
          once. If the change is larger at the next sync, you have to confirm it again.
        </ConfirmDialog>
      )}
    </div>
  );
}
