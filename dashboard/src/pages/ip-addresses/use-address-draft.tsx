import { useLeaveQuestion } from '@rollcall/react/parts';
import { useState } from 'react';
import { discardChangesTo } from '../../leaving/leave-questions.ts';
import { fieldErrorsOf } from '../../live/field-errors.ts';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useEdit } from '../../live/use-edit.tsx';
import { type AddressDraft, type AddressList, contentOf, draftAfterSave, isSameList, type ListContent, savedList } from './address-list.ts';

/** The list with the viewer's unsaved changes. The component must render `conflict`. */
export function useAddressDraft() {
  const org = useOrganization();
  const saved = useOrgState(savedList);
  const { saveEdit, conflict } = useEdit();
  const [draft, setDraft] = useState<AddressDraft | null>(null);
  const [error, setError] = useState<string | null>(null);
  const list = draft?.mine ?? saved;
  useLeaveQuestion(draft ? discardChangesTo('IP addresses') : null);

  const edit = (changes: Partial<AddressList>) => {
    const base = draft?.base ?? saved;
    const mine = { ...list, ...changes };
    setError(null);
    setDraft(isSameList(mine, saved) ? null : { base, mine });
  };
  const discard = () => {
    setError(null);
    setDraft(null);
  };
  /** Resolves after an error too, which was shown. */
  const save = async () => {
    if (!draft) return;
    setError(null);
    try {
      await saveEdit<ListContent>({
        what: 'The list of IP addresses',
        base: contentOf(draft.base),
        mine: contentOf(draft.mine),
        keys: ['ip-allow-list'],
        done: 'Saved the IP addresses',
        showsRefusal: (refusal) => fieldErrorsOf(refusal).rules !== undefined,
        read: () => contentOf(savedList(org.state)),
        save: (content, options) => org.updateIpAllowList(content, options),
        show: ({ isEnabled, rules }) => (
          <>
            <p>{isEnabled ? 'On' : 'Off'}</p>
            <ul className="address-conflict">
              {rules.map(({ cidr }) => (
                <li key={cidr}>{cidr}</li>
              ))}
            </ul>
          </>
        ),
      });
      setDraft((current) => draftAfterSave(current, draft, savedList(org.state)));
    } catch (thrown) {
      setError(fieldErrorsOf(thrown).rules ?? null);
    }
  };
  return { saved, list, isChanged: draft !== null, error, edit, discard, save, conflict };
}
