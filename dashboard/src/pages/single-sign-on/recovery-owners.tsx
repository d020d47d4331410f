import type { MemberRecord } from '@rollcall/client';
import { useState } from 'react';
import type { SaveProvider } from './use-save-provider.ts';

/** The server allows one to three. */
const recoveryOwnersMax = 3;

interface RecoveryOwnersProps {
  readonly owners: readonly MemberRecord[];
  readonly save: SaveProvider;
}

/** Chooses the owners who get in without the provider, for the day when it fails. */
export function RecoveryOwners({ owners, save }: RecoveryOwnersProps) {
  /** The choice that is being saved. */
  const [saving, setSaving] = useState<{ readonly id: string; readonly isChosen: boolean } | null>(null);
  const chosen = owners.filter(({ isRecoveryOwner }) => isRecoveryOwner).map(({ id }) => id);
  const change = async (id: string, isChosen: boolean) => {
    if (saving) return;
    setSaving({ id, isChosen });
    await save({ recovery_members: isChosen ? [...chosen, id] : chosen.filter((other) => other !== id) });
    setSaving(null);
  };
  return (
    <fieldset className="recovery-owners">
      <legend>Recovery owners</legend>
      <p className="rollcall-field-hint">One to three owners who can still log in with their password and 2FA if the provider fails.</p>
      <ul>
        {owners.map((owner) => (
          <li key={owner.id}>
            <RecoveryChoice
              owner={owner}
              isChosen={saving?.id === owner.id ? saving.isChosen : owner.isRecoveryOwner === true}
              isFull={chosen.length >= recoveryOwnersMax}
              onChange={(isChosen) => void change(owner.id, isChosen)}
            />
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

interface RecoveryChoiceProps {
  readonly owner: MemberRecord;
  readonly isChosen: boolean;
  readonly isFull: boolean;
  onChange(isChosen: boolean): void;
}

function RecoveryChoice({ owner: { name, email, user }, isChosen, isFull, onChange }: RecoveryChoiceProps) {
  const whyNot = isChosen ? null : user?.has2fa !== true ? 'Has no 2FA' : isFull ? 'Three are chosen already' : null;
  const who = (
    <span>
      {name} <small>{whyNot ?? email}</small>
    </span>
  );
  if (whyNot !== null) return <span className="check-line">{who}</span>;
  return (
    <label className="check-line">
      <input type="checkbox" checked={isChosen} onChange={(event) => onChange(event.target.checked)} />
      {who}
    </label>
  );
}
