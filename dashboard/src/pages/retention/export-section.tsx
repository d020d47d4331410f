import { type Export, OrgError } from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { Notice } from '../../kit/notice.tsx';
import { Section, SettingRow } from '../../kit/section.tsx';
import { useCommands } from '../../live/commands.tsx';
import { explain } from '../../live/explain.ts';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useRepeatedRead } from '../../live/use-read.ts';
import { formatDateTime } from '../../shell/format-time.ts';

/** A file takes seconds or minutes. */
const runningMs = 3_000;

/** The files with the organization's data that owners requested, and the button for another. */
export function ExportSection() {
  const org = useOrganization();
  const slug = useOrgState((state) => state.organization?.slug) ?? '';
  const { run } = useCommands();
  // The exports are not in the live state, but each request for one is an entry of the audit log.
  const newestRequest = useOrgState((state) => state.audit.findLast(({ event }) => event === 'org.export')?.id);
  const {
    result: exports,
    error,
    refresh,
  } = useRepeatedRead(
    (listed: readonly Export[] | null) => (listed?.some(({ status }) => status === 'running') ? runningMs : null),
    (options) => org.read.exports(options),
    org,
    newestRequest,
  );
  const [refusal, setRefusal] = useState<string | null>(null);
  const request = async () => {
    setRefusal(null);
    const done = 'Requested an export. The owners get an email.';
    try {
      await run({ send: () => org.requestExport({}), keys: [], done, showsRefusal: () => true });
    } catch (thrown) {
      if (thrown instanceof OrgError) setRefusal(explain(thrown));
    }
  };
  return (
    <Section
      title="Export"
      description="A file with the members, teams, projects, settings and the audit log. It contains addresses, but no passwords and no tokens."
    >
      {refusal && <Notice>{refusal}</Notice>}
      <SettingRow
        title="Export this organization"
        hint="You can request one export per hour. All owners get an email, and can download the file for 24 hours."
      >
        <Button onClick={request}>Export</Button>
      </SettingRow>
      {error && exports === null && (
        <p className="section-note">
          {explain(error, false)} <Button onClick={refresh}>Try again</Button>
        </p>
      )}
      {exports?.map((one) => (
        <SettingRow key={one.id} title={formatDateTime(one.dateCreated)} hint={describeExport(one)}>
          {one.status === 'done' && (
            <a href={`/api/0/organizations/${slug}/export/${one.id}/`} download>
              Download
            </a>
          )}
        </SettingRow>
      ))}
    </Section>
  );
}

function describeExport({ status, error, revision, counts, bytes }: Export): string {
  if (status === 'failed') return error ?? 'The export failed. Request another one.';
  if (status === 'running') return 'The file is being written.';
  const members = (counts?.member ?? 0).toLocaleString('en');
  return `${sizeText(bytes ?? 0)}, ${members} members and invitations, revision ${(revision ?? 0).toLocaleString('en')}`;
}

function sizeText(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
