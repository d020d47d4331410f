import type { Scope } from '@rollcall/client';
import { type Column, VirtualTable } from '@rollcall/react/parts';
import { CloudOff, KeyRound, Plus } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useCommands } from '../../live/commands.tsx';
import { useCan, useOrganization, useOrgStatus } from '../../live/organization.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { NewTokenDialog } from '../../tokens/new-token-dialog.tsx';
import { useWhyNotGrant } from '../../tokens/use-why-not-grant.ts';
import { TokenTableRow } from './token-row.tsx';
import { type TokenRow, useTokenRows } from './use-token-rows.ts';
import './tokens-page.css';

const columns: readonly Column[] = [
  { key: 'name', header: 'Token' },
  { key: 'scopes', header: 'Scopes' },
  { key: 'used', header: 'Last used' },
  { key: 'created', header: 'Created' },
  { key: 'menu', header: null, label: 'Actions' },
];
const template = 'minmax(180px, 1.4fr) minmax(200px, 2fr) 130px 110px 34px';

/** The scope that anyone may give to an organization token. */
const alwaysGiven: Scope = 'org:ci';

export default function TokensPage() {
  const org = useOrganization();
  const { run } = useCommands();
  const { loading } = useOrgStatus();
  const { rows, isFailed, refresh } = useTokenRows();
  const { allowed: mayRemove } = useCan(['org:write', 'org:admin']);
  const whyNotGive = useWhyNotGrant(alwaysGiven);
  const [isCreating, setCreating] = useState(false);
  const [removed, setRemoved] = useState<TokenRow | null>(null);
  const createButton = useRef<HTMLButtonElement>(null);

  const create = async (token: { readonly name: string; readonly scopes: readonly Scope[] }) => {
    const { data } = await run({ send: () => org.createToken(token), keys: [], showsRefusal: () => true });
    refresh();
    return data.token;
  };
  const remove = async ({ id, name }: TokenRow) => {
    await run({ send: () => org.removeToken(id), keys: [`token:${id}`], done: `Removed ${name}` });
    refresh();
    // The row that had the focus was removed.
    requestAnimationFrame(() => createButton.current?.focus());
  };
  const createAction = (
    <Button ref={createButton} variant="primary" icon={Plus} onClick={() => setCreating(true)}>
      Create token
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Tokens"
        description="API tokens that belong to the organization, not to a person. They don’t expire."
        actions={rows && rows.length > 0 ? createAction : null}
      />
      <div className="card tokens">
        {rows === null ? (
          isFailed ? (
            <EmptyState icon={CloudOff} title="Couldn’t load the tokens" action={<Button onClick={refresh}>Try again</Button>} />
          ) : (
            <LoadingList label="Loading tokens" progress={loading} rows={4} />
          )
        ) : rows.length === 0 ? (
          <EmptyState icon={KeyRound} title="No tokens yet" action={createAction}>
            Organization tokens keep working when the person who created them leaves. Your personal tokens are in your account.
          </EmptyState>
        ) : (
          <VirtualTable
            label="Tokens"
            columns={columns}
            template={template}
            rows={rows}
            renderRow={(token, index, measure) => (
              <TokenTableRow
                key={token.id}
                token={token}
                index={index}
                measure={measure}
                {...(mayRemove && { onRemove: () => setRemoved(token) })}
              />
            )}
          />
        )}
      </div>
      {isCreating && (
        <NewTokenDialog
          title="Create an organization token"
          description="Tokens can’t exceed your own permissions. Owners are notified by email."
          initial={[alwaysGiven]}
          whyNot={whyNotGive}
          create={create}
          onClose={() => setCreating(false)}
        />
      )}
      {removed && (
        <ConfirmDialog
          title={`Remove ${removed.name}?`}
          action="Remove token"
          onConfirm={() => remove(removed)}
          onClose={() => setRemoved(null)}
        >
          Scripts that use this token lose access immediately. This can’t be undone.
        </ConfirmDialog>
      )}
    </>
  );
}
