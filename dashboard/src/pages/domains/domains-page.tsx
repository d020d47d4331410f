import { AtSign, CloudOff, Plus } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { explain } from '../../live/explain.ts';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useOwnPermissions } from '../../live/use-own-permissions.ts';
import { useRead } from '../../live/use-read.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { RestrictedPage } from '../../shell/restricted-page.tsx';
import { AddDomainDialog } from './add-domain-dialog.tsx';
import { DomainItem } from './domain-item.tsx';
import '../../kit/item-list.css';
import './domains-page.css';

const title = 'Domains';

export default function DomainsPage() {
  const { whyNotAdmin } = useOwnPermissions();
  return (
    <RestrictedPage title={title} isAllowed={whyNotAdmin === null} whyNot="Only owners can see the domains">
      <Domains />
    </RestrictedPage>
  );
}

function Domains() {
  const org = useOrganization();
  const records = useOrgState((state) => state.verifiedDomains);
  // The records have no challenges.
  const { result: domains, error, refresh } = useRead((options) => org.read.domains(options), org, records);
  const [isAdding, setAdding] = useState(false);
  const addButton = useRef<HTMLButtonElement>(null);
  const add = (
    <Button ref={addButton} variant="primary" icon={Plus} onClick={() => setAdding(true)}>
      Add domain
    </Button>
  );
  // The item that had the focus was removed.
  const onRemoved = () => requestAnimationFrame(() => addButton.current?.focus());
  return (
    <>
      <PageHeader
        title={title}
        description="Email domains of your organization. They decide who can join by single sign-on."
        actions={domains && domains.length > 0 ? add : null}
      />
      <div className="card">
        {error ? (
          <EmptyState icon={CloudOff} title="Couldn’t load the domains" action={<Button onClick={refresh}>Try again</Button>}>
            {explain(error, false)}
          </EmptyState>
        ) : domains === null ? (
          <LoadingList label="Loading domains" rows={3} />
        ) : domains.length === 0 ? (
          <EmptyState icon={AtSign} title="No domains yet" action={add}>
            People with an address at a verified domain can join when they first log in with your identity provider.
          </EmptyState>
        ) : (
          <ul className="item-list" aria-label="Domains">
            {domains.map((domain) => (
              <DomainItem key={domain.id} domain={domain} onChecked={refresh} onRemoved={onRemoved} />
            ))}
          </ul>
        )}
      </div>
      {isAdding && <AddDomainDialog onClose={() => setAdding(false)} />}
    </>
  );
}
