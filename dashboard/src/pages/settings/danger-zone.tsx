import { apiLimits, type OrganizationRecord } from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { count } from '../../kit/count.ts';
import { Section, SettingRow } from '../../kit/section.tsx';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useOwnPermissions } from '../../live/use-own-permissions.ts';

const underHold = 'The organization is under legal hold. Ask the operator of this server.';
const isDue = 'This organization is already scheduled for deletion.';

/** Deletes the organization. It can be restored for a day. */
export function DangerZone({ organization }: { readonly organization: OrganizationRecord }) {
  const org = useOrganization();
  const { run } = useCommands();
  const { whyNotAdmin } = useOwnPermissions();
  const memberCount = useOrgState((state) => state.members.length);
  const projectCount = useOrgState((state) => state.projects.length);
  const isHeld = useOrgState((state) => state.retentions[0]?.legalHold === true);
  const [isConfirming, setConfirming] = useState(false);
  const remove = () => run({ send: () => org.removeOrganization(), keys: ['organization'] });
  if (whyNotAdmin !== null) return null;
  const loss = `${count(memberCount, 'member')} ${memberCount === 1 ? 'loses' : 'lose'} access and ${count(projectCount, 'project')}`;
  return (
    <Section title="Danger zone" isDanger>
      <SettingRow
        title="Delete this organization"
        hint={`After ${apiLimits.removalDelayHours} hours, ${loss} are deleted. Until then, owners can restore it.`}
      >
        <Button
          variant="danger"
          whyNot={organization.status !== 'active' ? isDue : isHeld ? underHold : null}
          onClick={() => setConfirming(true)}
        >
          Delete organization
        </Button>
      </SettingRow>
      {isConfirming && (
        <ConfirmDialog
          title={`Delete ${organization.name}?`}
          action="Delete organization"
          typed={organization.slug}
          onConfirm={remove}
          onClose={() => setConfirming(false)}
        >
          After {apiLimits.removalDelayHours} hours, {loss}, all teams, all tokens and the audit log are deleted. Until then, owners can
          restore it.
        </ConfirmDialog>
      )}
    </Section>
  );
}
