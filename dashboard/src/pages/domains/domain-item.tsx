import { type DomainRole, OrgError, type RestVerifiedDomain } from '@rollcall/client';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button, IconButton } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { NamedCopyField } from '../../kit/copy-field.tsx';
import { Select } from '../../kit/field.ts';
import { Notice } from '../../kit/notice.tsx';
import { useCommands } from '../../live/commands.tsx';
import { explain } from '../../live/explain.ts';
import { useOrganization } from '../../live/organization.tsx';
import { formatDate } from '../../shell/format-time.ts';
import { lookupText, roleOptions, roleTexts } from './domain-texts.ts';

interface DomainItemProps {
  readonly domain: RestVerifiedDomain;
  /** Called after a lookup, which may change `missingSince` but no record. */
  onChecked(): void;
  onRemoved(): void;
}

export function DomainItem({ domain, onChecked, onRemoved }: DomainItemProps) {
  const { id, domain: name, role, status, challenge, missingSince, dateVerified } = domain;
  const org = useOrganization();
  const { run } = useCommands();
  const [isRemoving, setRemoving] = useState(false);
  const [isChecking, setChecking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const keys = [`domain:${id}`];
  const verify = async () => {
    setChecking(true);
    try {
      const { data } = await run({ send: () => org.verifyDomain(id), keys, showsRefusal: () => true });
      setProblem(lookupText(data));
      onChecked();
    } catch (error) {
      if (error instanceof OrgError && error.code !== 'aborted') setProblem(problemOf(error));
    }
    setChecking(false);
  };
  const changeRole = (next: string) =>
    void run({ send: () => org.updateDomain(id, { role: next as DomainRole }), keys, done: `Saved ${name}` }).catch(() => {});
  const remove = async () => {
    await run({ send: () => org.removeDomain(id), keys, done: `Removed ${name}` });
    onRemoved();
  };
  const needsRecord = status !== 'verified' || missingSince !== null;
  return (
    <li className="item domain" aria-label={name}>
      <div className="item-head">
        <div>
          <strong>{name}</strong>
          <StatusBadge status={status} />
          {dateVerified !== null && status === 'verified' && <small>since {formatDate(dateVerified)}</small>}
        </div>
        <IconButton icon={Trash2} label={`Remove ${name}`} onClick={() => setRemoving(true)} />
      </div>
      <div className="domain-role">
        <Select label={`What ${name} is used for`} value={role} options={roleOptions} onValue={changeRole} />
        <p>{roleTexts[role].effect}</p>
      </div>
      {missingSince !== null && status === 'verified' && (
        <Notice>
          The TXT record has been missing since {formatDate(missingSince)}. After 7 days the domain stops working. Add the record again.
        </Notice>
      )}
      {needsRecord && (
        <div className="domain-challenge">
          <p>Add this TXT record at your DNS provider, then verify it.</p>
          <NamedCopyField name="Name" label={`Name of the record for ${name}`} text={challenge.name} />
          <NamedCopyField name="Value" label={`Value of the record for ${name}`} text={challenge.value} />
          {problem && (
            <p className="rollcall-field-error" role="alert">
              {problem}
            </p>
          )}
          <Button variant="primary" isBusy={isChecking} onClick={verify}>
            Verify now
          </Button>
        </div>
      )}
      {isRemoving && (
        <ConfirmDialog title={`Remove ${name}?`} action="Remove domain" onConfirm={remove} onClose={() => setRemoving(false)}>
          People with an address at {name} can’t join by logging in any more. Members who already joined stay.
        </ConfirmDialog>
      )}
    </li>
  );
}

function problemOf(error: OrgError): string {
  return error.code === 'rate-limited' ? 'You have checked this domain too often. Try again in an hour.' : explain(error, false);
}

function StatusBadge({ status }: Pick<RestVerifiedDomain, 'status'>) {
  if (status === 'verified') return <Badge tone="good">Verified</Badge>;
  return status === 'lapsed' ? <Badge tone="bad">Record lost</Badge> : <Badge tone="warn">Not verified</Badge>;
}
