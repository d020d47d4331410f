import type { IpAllowListPreview, OrgError } from '@rollcall/client';
import { useMemo } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { count } from '../../kit/count.ts';
import { explain } from '../../live/explain.ts';
import { useOrgState } from '../../live/organization.tsx';
import { endsAccess, summaryOf } from './address-effect.ts';

interface LiveAddressesProps {
  readonly preview: IpAllowListPreview | null;
  readonly error: OrgError | null;
  /** Whether the draft is on. */
  readonly isEnabled: boolean;
  onRetry(): void;
}

/** The addresses that are shown, enough to recognize a mistake. */
const shownMax = 50;
const namesMax = 5;

/** The addresses from which members are connected now, and which of them the list excludes. */
export function LiveAddresses({ preview, error, isEnabled, onRetry }: LiveAddressesProps) {
  const nameOf = useNames();
  if (error?.code === 'sudo-required') {
    return (
      <div className="live-problem">
        <p>Confirm your password to see who is connected.</p>
        <Button onClick={onRetry}>Confirm password</Button>
      </div>
    );
  }
  if (error) {
    return (
      <div className="live-problem">
        <p role="alert">Couldn’t read the connections. {explain(error, false)}</p>
        <Button onClick={onRetry}>Try again</Button>
      </div>
    );
  }
  if (!preview) return <p className="live-problem">Reading the connections…</p>;
  const hidden = preview.live.length - shownMax;
  return (
    <>
      <p className="live-summary" role="status" data-dangerous={(isEnabled && endsAccess(preview)) || undefined}>
        {summaryOf(preview, isEnabled)}
      </p>
      <ul className="live-addresses" aria-label="Connected addresses">
        {preview.live.slice(0, shownMax).map(({ address, isIncluded, users, tokens, subscriptions }) => (
          <li key={address}>
            <div>
              <code>{address ?? 'Unknown address'}</code>
              {address !== null && address === preview.you.address && <Badge tone="accent">You are here</Badge>}
              <small>{namesOf([...users, ...tokens].map(nameOf))}</small>
            </div>
            <span>{count(subscriptions, 'connection')}</span>
            {isIncluded ? <Badge tone="good">Included</Badge> : <Badge tone={isEnabled ? 'bad' : 'warn'}>Not included</Badge>}
          </li>
        ))}
      </ul>
      {hidden > 0 && <p className="live-summary">And {hidden.toLocaleString('en')} more addresses.</p>}
    </>
  );
}

function namesOf(names: readonly string[]): string {
  const more = names.length - namesMax;
  return more > 0 ? `${names.slice(0, namesMax).join(', ')} and ${more.toLocaleString('en')} more` : names.join(', ');
}

/** The name of a user or of an organization token by its id. */
function useNames(): (id: string) => string {
  const members = useOrgState((state) => state.members);
  const tokens = useOrgState((state) => state.tokens);
  const names = useMemo(
    () =>
      new Map([
        ...members.flatMap(({ user, name }) => (user ? [[user.id, name] as const] : [])),
        ...tokens.map(({ id, name }) => [id, `Token ${name}`] as const),
      ]),
    [members, tokens],
  );
  return (id) => names.get(id) ?? 'Someone else';
}
