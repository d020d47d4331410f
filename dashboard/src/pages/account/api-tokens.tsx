import type { UserToken } from '@rollcall/client';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { useRead } from '../../live/use-read.ts';
import { useSession } from '../../session/session.tsx';
import { useSudo } from '../../session/sudo.tsx';
import { formatAge, formatDate, formatDateTime } from '../../shell/format-time.ts';
import { NewTokenDialog } from '../../tokens/new-token-dialog.tsx';
import { Unread } from './unread.tsx';
import { useAccountCall } from './use-account-call.ts';

/** API tokens that act as the user in all their organizations. */
export function ApiTokens() {
  const { client } = useSession();
  const withSudo = useSudo();
  const call = useAccountCall();
  const { result: tokens, error, refresh } = useRead(() => client.account.tokens());
  const [isCreating, setCreating] = useState(false);
  const [removed, setRemoved] = useState<UserToken | null>(null);
  const remove = async ({ id, name }: UserToken) => {
    await call(() => client.account.removeToken(id), `Removed ${name || 'the token'}`);
    refresh();
  };
  return (
    <section className="card account-card" aria-labelledby="api-tokens">
      <h2 id="api-tokens">API tokens</h2>
      <p className="account-about">
        Use these tokens in scripts that act as you. In each organization, a token is limited by its scopes and by your role.
      </p>
      {error || tokens === null ? (
        <Unread what="your tokens" error={error} onRetry={refresh} />
      ) : (
        tokens.length > 0 && (
          <ul className="account-list">
            {tokens.map((token) => (
              <TokenItem key={token.id} token={token} onRemove={() => setRemoved(token)} />
            ))}
          </ul>
        )
      )}
      <div className="account-actions">
        <Button onClick={() => setCreating(true)}>Create token</Button>
      </div>
      {isCreating && (
        <NewTokenDialog
          title="Create an API token"
          description="The token acts as you in all your organizations."
          initial={['org:read', 'member:read', 'team:read', 'project:read']}
          whyNot={() => null}
          mayExpire
          create={async (token) => {
            const { token: text } = await withSudo(() => client.account.createToken(token));
            refresh();
            return text;
          }}
          onClose={() => setCreating(false)}
        />
      )}
      {removed && (
        <ConfirmDialog
          title={`Remove ${nameOf(removed)}?`}
          action="Remove token"
          onConfirm={() => remove(removed)}
          onClose={() => setRemoved(null)}
        >
          Scripts that use this token lose access immediately. This can’t be undone.
        </ConfirmDialog>
      )}
    </section>
  );
}

function nameOf({ name, tokenLastCharacters }: UserToken): string {
  return name || `the token …${tokenLastCharacters}`;
}

function TokenItem({ token, onRemove }: { readonly token: UserToken; onRemove(): void }) {
  const { name, tokenLastCharacters, scopes, dateLastUsed, dateCreated, expiresAt } = token;
  return (
    <li>
      <KeyRound className="account-icon" size={17} aria-hidden />
      <span>
        {name || 'Unnamed token'} <code className="account-code">…{tokenLastCharacters}</code>
        <small>{scopes.join(', ')}</small>
        <small title={`Created ${formatDateTime(dateCreated)}`}>
          {dateLastUsed === null ? 'Never used' : `Last used ${formatAge(Date.now() - Date.parse(dateLastUsed))}`} ·{' '}
          {describeExpiry(expiresAt)}
        </small>
      </span>
      <span className="account-item-actions">
        <Button isSmall aria-label={`Remove ${nameOf(token)}`} onClick={onRemove}>
          Remove
        </Button>
      </span>
    </li>
  );
}

function describeExpiry(expiresAt: string | null): string {
  if (expiresAt === null) return 'never expires';
  return `${Date.parse(expiresAt) > Date.now() ? 'expires' : 'expired'} on ${formatDate(expiresAt)}`;
}
