import type { OrganizationRecord } from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Section, SettingRow } from '../../kit/section.tsx';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useOwnPowers } from '../../live/use-own-powers.ts';

const isDue = 'It is to be deleted already. The notice above says when.';

/** Where an organization ends. There is a day to think again. */
export function DangerZone({ organization }: { readonly organization: OrganizationRecord }) {
  const org = useOrganization();
  const { run } = useCommands();
  const { whyNotAdmin } = useOwnPowers();
  const memberCount = useOrgState((state) => state.members.length);
  const projectCount = useOrgState((state) => state.projects.length);
  const [isAsking, setAsking] = useState(false);
  const remove = () => run({ send: () => org.removeOrganization(), keys: ['organization'] });
  return (
    <Section title="Danger zone" isDanger>
      <SettingRow
        title="Delete this organization"
        hint={`Its ${count(memberCount, 'member')} lose access, and its ${count(projectCount, 'project')} are gone. It can be restored for a day.`}
      >
        <Button
          variant="danger"
          whyNot={whyNotAdmin ? 'Only owners can delete it.' : organization.status === 'active' ? null : isDue}
          onClick={() => setAsking(true)}
        >
          Delete organization
        </Button>
      </SettingRow>
      {isAsking && (
        <ConfirmDialog
          title={`Delete ${organization.name}?`}
          action="Delete organization"
          typed={organization.slug}
          onConfirm={remove}
          onClose={() => setAsking(false)}
        >
          Everything in it goes a day from now: {count(memberCount, 'member')}, {count(projectCount, 'project')}, all teams, tokens and the
          audit log. Until then owners can restore it.
        </ConfirmDialog>
      )}
    </Section>
  );
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
