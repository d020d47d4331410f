import { CloudOff } from 'lucide-react';
import { Button } from '../../kit/button.ts';
import { Notice } from '../../kit/notice.tsx';
import { ReadOnlyRow, Section } from '../../kit/section.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { explain } from '../../live/explain.ts';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useOwnPermissions } from '../../live/use-own-permissions.ts';
import { useRead } from '../../live/use-read.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { RestrictedPage } from '../../shell/restricted-page.tsx';
import { ExportSection } from './export-section.tsx';
import { PlannedNotice } from './planned-notice.tsx';
import { RetentionForm } from './retention-form.tsx';
import { daysText, settings } from './retention-texts.ts';
import { useRemovals } from './use-removals.ts';
import '../../kit/switch.css';
import './retention-page.css';

const title = 'Retention';
const storedSettings = {};

export default function RetentionPage() {
  const { whyNotWrite } = useOwnPermissions();
  return (
    <RestrictedPage title={title} isAllowed={whyNotWrite === null} whyNot="Only managers and owners can see the retention settings">
      <Retention />
    </RestrictedPage>
  );
}

function Retention() {
  const org = useOrganization();
  const records = useOrgState((state) => state.retentions);
  const { whyNotAdmin } = useOwnPermissions();
  // The record has neither the maximum of the server nor the days that apply.
  const { result: retention, error, refresh } = useRead((options) => org.read.retention(options), org, records);
  const due = useRemovals(storedSettings);
  const daysMax = retention?.plan.retentionDaysMax ?? null;
  const limited = retention ? settings.filter(({ name }) => (retention[name] ?? 0) > (daysMax ?? Infinity)) : [];
  return (
    <>
      <PageHeader title={title} description="How long this organization’s data is stored." />
      {retention === null ? (
        <div className="card">
          {error ? (
            <EmptyState icon={CloudOff} title="Couldn’t load the retention settings" action={<Button onClick={refresh}>Try again</Button>}>
              {explain(error, false)}
            </EmptyState>
          ) : (
            <LoadingList label="Loading the retention settings" rows={3} />
          )}
        </div>
      ) : (
        <>
          {retention.legalHold && (
            <Notice>
              The operator of this server has put the organization under legal hold. Until the hold ends, none of its data is removed, and
              the organization can’t be deleted.
            </Notice>
          )}
          {retention.planned && (
            <PlannedNotice from={retention.planned.from} plan={retention.plan} isOnHold={retention.legalHold} due={due} />
          )}
          {limited.length > 0 && !retention.planned && (
            <Notice>
              The plan keeps data for at most {daysText(daysMax)}. These settings are higher and have no effect:{' '}
              {limited.map(({ label }) => label).join(', ')}.
            </Notice>
          )}
          <RetentionForm retention={retention} due={due} whyNot={whyNotAdmin} />
          <Section title="Plan" description="The operator of this server sets it.">
            <ReadOnlyRow title="Name" value={retention.plan.name ?? 'None'} />
            <ReadOnlyRow title="Maximum" hint="No setting can exceed it." value={daysText(daysMax)} />
            <ReadOnlyRow
              title="History begins"
              hint="Older revisions were removed."
              value={
                retention.prunedThrough === 0 ? 'At the first revision' : `After revision ${retention.prunedThrough.toLocaleString('en')}`
              }
            />
          </Section>
          {whyNotAdmin === null && <ExportSection />}
        </>
      )}
    </>
  );
}
