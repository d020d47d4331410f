import { type AddressRule, apiLimits } from '@rollcall/client';
import { type Column, VirtualTable } from '@rollcall/react/parts';
import { Globe, Plus } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { Notice } from '../../kit/notice.tsx';
import { ReadOnlyRow, Section, SettingRow } from '../../kit/section.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { SwitchRow } from '../../kit/switch.tsx';
import { useOrganization, useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { useOwnPermissions } from '../../live/use-own-permissions.ts';
import { useSudo } from '../../session/sudo.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { effectOfSaving } from './address-effect.ts';
import { contentOf, expiresEntirely } from './address-list.ts';
import { LiveAddresses } from './live-addresses.tsx';
import { RuleDialog } from './rule-dialog.tsx';
import { RuleRow } from './rule-row.tsx';
import { SaveBar } from './save-bar.tsx';
import { useAddressDraft } from './use-address-draft.tsx';
import { useAddressPreview } from './use-address-preview.ts';
import { useOwnAddress } from './use-own-address.ts';
import './ip-addresses-page.css';

const columns: readonly Column[] = [
  { key: 'address', header: 'Address' },
  { key: 'description', header: 'Description' },
  { key: 'expires', header: 'Expires' },
  { key: 'actions', header: null, label: 'Actions' },
];
const template = 'minmax(150px, 1.2fr) minmax(0, 1.4fr) 130px 76px';

const hint = 'Members, tokens and live connections from other addresses are refused.';

export default function IpAddressesPage() {
  const org = useOrganization();
  const withSudo = useSudo();
  const { loading } = useOrgStatus();
  const isLoaded = useOrgState((state) => state.organization !== null);
  const { whyNotAdmin } = useOwnPermissions();
  const mayEdit = whyNotAdmin === null;
  const { saved, list, isChanged, error, edit, discard, save, conflict } = useAddressDraft();
  const own = useOwnAddress(saved);
  const { preview, error: previewError, retry } = useAddressPreview(contentOf(list), mayEdit && isLoaded);
  const highlight = useHighlight('ip-allow-list');
  const [edited, setEdited] = useState<AddressRule | 'new' | null>(null);

  const you = preview?.you ?? own?.you ?? null;
  const put = (rule: Omit<AddressRule, 'id'>) => {
    const id = edited === 'new' || edited === null ? `new-${rule.cidr}` : edited.id;
    const others = list.rules.filter((other) => other.id !== id && other.cidr !== rule.cidr);
    const at = list.rules.findIndex((other) => other.id === id);
    edit({ rules: at < 0 ? [...others, { id, ...rule }] : others.toSpliced(at, 0, { id, ...rule }) });
    setEdited(null);
  };
  const check = async (rule: Omit<AddressRule, 'id'>) => {
    await withSudo(() => org.read.previewIpAllowList({ rules: [rule] }));
  };
  const add = (
    <Button variant="primary" icon={Plus} onClick={() => setEdited('new')}>
      Add address
    </Button>
  );
  if (!isLoaded) {
    return (
      <>
        <PageHeader title="IP addresses" />
        <div className="card">
          <LoadingList label="Loading IP addresses" progress={loading} rows={4} />
        </div>
      </>
    );
  }
  return (
    <>
      <PageHeader
        title="IP addresses"
        description={whyNotAdmin ?? 'Limit access to this organization to addresses that you know.'}
        actions={mayEdit && list.rules.length > 0 ? add : null}
      />
      <Section title="Access" description="While the list is on, changes apply when you save them.">
        {mayEdit ? (
          <SwitchRow
            label="Allow only the addresses on the list"
            hint={hint}
            isOn={list.isEnabled}
            isChanged={highlight !== null}
            onChange={(isEnabled) => edit({ isEnabled })}
          />
        ) : (
          <ReadOnlyRow
            title="Allow only the addresses on the list"
            hint={hint}
            isChanged={highlight !== null}
            value={list.isEnabled ? 'On' : 'Off'}
          />
        )}
        {you && (
          <SettingRow title="You are here" hint={<code>{you.address ?? 'Unknown address'}</code>}>
            <span className="section-actions">
              {you.isIncluded ? <Badge tone="good">Included</Badge> : <Badge tone="warn">Not included</Badge>}
              {mayEdit && !you.isIncluded && you.address !== null && (
                <Button isSmall onClick={() => put({ cidr: you.address!, description: '', expiresAt: null })}>
                  Add my address
                </Button>
              )}
            </span>
          </SettingRow>
        )}
        {own?.warning && <Notice>{own.warning}</Notice>}
        {expiresEntirely(list) && (
          <Notice>All addresses have an expiry date. When the last one expires, no one can open the organization.</Notice>
        )}
      </Section>
      <Section
        title="Allowed addresses"
        description={`Single addresses and networks, IPv4 and IPv6. At most ${apiLimits.addressRulesMax}.`}
      >
        <div className="address-table">
          {list.rules.length === 0 ? (
            <EmptyState icon={Globe} title="No addresses yet" action={mayEdit ? add : null}>
              Add the networks of your office or your VPN, and then turn the list on.
            </EmptyState>
          ) : (
            <VirtualTable
              label="Allowed addresses"
              columns={columns}
              template={template}
              rows={list.rules}
              renderRow={(rule, index, measure) => (
                <RuleRow
                  key={rule.id}
                  rule={rule}
                  index={index}
                  measure={measure}
                  {...(mayEdit && {
                    onEdit: () => setEdited(rule),
                    onRemove: () => edit({ rules: list.rules.filter((other) => other !== rule) }),
                  })}
                />
              )}
            />
          )}
        </div>
      </Section>
      {mayEdit && (
        <Section title="Connected now" description="The addresses of the people and programs that are connected to this organization now.">
          <LiveAddresses preview={preview} error={previewError} isEnabled={list.isEnabled} onRetry={retry} />
        </Section>
      )}
      {isChanged && <SaveBar error={error} effect={list.isEnabled ? effectOfSaving(preview) : null} save={save} onDiscard={discard} />}
      {edited !== null && (
        <RuleDialog
          rule={edited === 'new' ? null : edited}
          ownAddress={you?.address ?? null}
          check={check}
          onDone={put}
          onClose={() => setEdited(null)}
        />
      )}
      {conflict}
    </>
  );
}
