import type { MemberRecord, ProjectRecord } from '@rollcall/client';
import { withOwnName } from '@rollcall/react/parts';
import { Check, Minus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { Dialog } from '../../kit/dialog.ts';
import { ComboboxField } from '../../kit/field.ts';
import { useCan, useOrganization, useOrgState } from '../../live/organization.tsx';
import { useSession } from '../../session/session.tsx';
import { explainAccess } from './explain-access.ts';
import './access-dialog.css';

interface AccessDialogProps {
  /** The initial project; null for the first one. */
  readonly projectId: string | null;
  onClose(): void;
}

/** Explains why a person can or can't see a project, live. */
export function AccessDialog({ projectId: given, onClose }: AccessDialogProps) {
  const { me } = useSession();
  const state = useOrgState((whole) => whole);
  const people = useMemo(
    () => [...state.members, ...state.invites.map(withOwnName)].toSorted((a, b) => a.name.localeCompare(b.name, 'en')),
    [state.members, state.invites],
  );
  const personOptions = useMemo(() => people.map(optionOf), [people]);
  const projects = useMemo(() => state.projects.toSorted((a, b) => (a.slug < b.slug ? -1 : 1)), [state.projects]);
  const projectOptions = useMemo(
    () => projects.map(({ id, slug, name }) => ({ value: id, label: slug, detail: name === slug ? undefined : name })),
    [projects],
  );
  const [memberId, setMemberId] = useState(() => people.find(({ user }) => user?.id === me.id)?.id ?? people[0]?.id ?? '');
  const [projectId, setProjectId] = useState(given ?? projects[0]?.id ?? '');
  const member = people.find(({ id }) => id === memberId);
  const project = projects.find(({ id }) => id === projectId);
  return (
    <Dialog
      title="Check access"
      onClose={onClose}
      actions={
        <Button variant="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      <div className="access-question">
        <ComboboxField label="Person" value={memberId} options={personOptions} onValue={setMemberId} />
        <ComboboxField label="Project" value={projectId} options={projectOptions} onValue={setProjectId} />
      </div>
      <div role="status">
        {member && project ? (
          <AccessExplanation member={member} project={project} />
        ) : (
          <p>This person or project was removed. Choose another one.</p>
        )}
      </div>
    </Dialog>
  );
}

function optionOf({ id, name, email }: MemberRecord) {
  return { value: id, label: name, detail: email === null || email === name ? undefined : email };
}

function AccessExplanation({ member, project }: { readonly member: MemberRecord; readonly project: ProjectRecord }) {
  const org = useOrganization();
  const state = useOrgState((whole) => whole);
  const { allowed: sees2fa } = useCan('member:admin');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `org.can` depends on the state
  const { verdict, isAllowed, reasons, suggestion, permissions } = useMemo(
    () => explainAccess(org, member, project, sees2fa),
    [org, state, member, project, sees2fa],
  );
  return (
    <>
      <div className="access-verdict" data-allowed={isAllowed || undefined}>
        <strong>{verdict}</strong>
        <ul>
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
        {suggestion && <p>{suggestion}</p>}
      </div>
      <dl className="access-powers">
        {permissions.map(({ what, isAllowed: may, because }) => (
          <div key={what} data-allowed={may || undefined}>
            <dt>
              {may ? <Check size={15} aria-hidden /> : <Minus size={15} aria-hidden />}
              {what}
            </dt>
            <dd>
              {may ? 'Yes' : 'No'}. {because}.
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
