import type { UserToken } from '@rollcall/client';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { LoadingList } from '../../kit/states.tsx';
import { useSession } from '../../session/session.tsx';
import { useSudo } from '../../session/sudo.tsx';
import { sayAge, sayDate, sayExactly } from '../../shell/time-words.ts';
import { NewTokenDialog } from '../../tokens/new-token-dialog.tsx';
import { useAccountCall, useAnswer } from './use-account-call.ts';

/** Tokens that act as oneself, in every organization one is in. */
export function ApiTokens() {
  const { client } = useSession();
  const withSudo = useSudo();
  const call = useAccountCall();
  const [tokens, readAgain] = useAnswer(() => client.account.tokens());
  const [isCreating, setCreating] = useState(false);
  const [removed, setRemoved] = useState<UserToken | null>(null);
  const remove = async ({ id, name }: UserToken) => {
    await call(() => client.account.removeToken(id), `${name || 'The token'} was removed`);
    readAgain();
  };
  return (
    <section className="card account-card" aria-labelledby="api-tokens">
      <h2 id="api-tokens">API tokens</h2>
      <p className="account-about">
        For programs that act as you. In each organization they may do what both their scopes and your role there allow.
      </p>
      {tokens === null ? (
        <LoadingList label="Loading your tokens" rows={1} />
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
          description="It acts as you, wherever you are a member."
          initial={['org:read', 'member:read', 'team:read', 'project:read']}
          whyNot={() => null}
          create={async (token) => {
            const { token: text } = await withSudo(() => client.account.createToken(token));
            readAgain();
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
          Programs that use it are refused at once, and what they hold open is closed. It cannot be brought back.
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
        {name || 'Without a name'} <code className="account-code">…{tokenLastCharacters}</code>
        <small>{scopes.join(', ')}</small>
        <small title={`Created ${sayExactly(dateCreated)}`}>
          {dateLastUsed === null ? 'Never used' : `Last used ${sayAge(Date.now() - Date.parse(dateLastUsed))}`} · {sayEnd(expiresAt)}
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

function sayEnd(expiresAt: string | null): string {
  if (expiresAt === null) return 'no end date';
  return `${Date.parse(expiresAt) > Date.now() ? 'ends' : 'ended'} on ${sayDate(expiresAt)}`;
}
