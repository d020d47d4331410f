import { definitionOf, type IntegrationChanges, type IntegrationRecord } from '@rollcall/client';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button, IconButton } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Notice } from '../../kit/notice.tsx';
import { SwitchRow } from '../../kit/switch.tsx';
import { useCommands } from '../../live/commands.tsx';
import { useCan, useOrganization } from '../../live/organization.tsx';
import { DeliveriesDialog } from './deliveries-dialog.tsx';
import { DirectoryPanel } from './directory-panel.tsx';
import { eventChoices } from './event-choices.ts';
import { Mappings } from './mappings.tsx';
import { providerPanels } from './provider-panels.tsx';
import { useConfigList } from './use-config-list.ts';

export function IntegrationItem({ integration }: { readonly integration: IntegrationRecord }) {
  const { id, name, provider, status, disabledReason } = integration;
  const org = useOrganization();
  const { run } = useCommands();
  const [open, setOpen] = useState<'remove' | 'deliveries' | null>(null);
  const [tested, setTested] = useState<string | null>(null);
  const keys = [`integration:${id}`];
  const { getsEvents, hasDirectory, personIdHint } = definitionOf(provider);
  const Panel = providerPanels[provider];
  const { allowed: mayRemove } = useCan('member:admin');
  const removesMembers = integration.config.removeMembers === true;
  const test = async () => {
    const { data } = await run({ send: () => org.testIntegration(id), keys: [] });
    setTested(data.error ?? 'The test message was accepted.');
  };
  const save = (changes: IntegrationChanges) =>
    void run({ send: () => org.updateIntegration(id, changes), keys, done: `Saved ${name}` }).catch(() => {});
  return (
    <section className="integration" aria-label={name}>
      <div className="item-head">
        <div>
          <strong>{name}</strong>
          {status === 'active' ? <Badge tone="good">Connected</Badge> : <Badge tone="bad">Disabled</Badge>}
        </div>
        <IconButton icon={Trash2} label={`Disconnect ${name}`} onClick={() => setOpen('remove')} />
      </div>
      {status === 'disabled' && (
        <Notice>
          {getsEvents ? `${name} receives no events` : `People at ${name} are not compared with members`}
          {disabledReason === null ? '' : `, because ${disabledReason}`}. When you switch it on, it continues where it stopped.
        </Notice>
      )}
      {getsEvents && <EventTypes integration={integration} />}
      {Panel && <Panel integration={integration} onSave={save} />}
      {hasDirectory && <DirectoryPanel integration={integration} />}
      {hasDirectory && (mayRemove || removesMembers) && (
        <SwitchRow
          label="Remove members who leave"
          hint={`When a mapped person leaves ${name}, their member is removed from this organization. Owners stay. A large removal is made only after you confirm it.`}
          isOn={removesMembers}
          onChange={(removeMembers) => save({ removeMembers })}
        />
      )}
      {personIdHint !== null && <Mappings integration={integration} />}
      <div className="integration-actions">
        {status === 'disabled' && <Button onClick={() => save({ status: 'active' })}>Switch on</Button>}
        {getsEvents && status === 'active' && <Button onClick={() => void test().catch(() => {})}>Send a test</Button>}
        {getsEvents && <Button onClick={() => setOpen('deliveries')}>Deliveries</Button>}
        <span role="status">{tested}</span>
      </div>
      {open === 'deliveries' && <DeliveriesDialog integration={integration} onClose={() => setOpen(null)} />}
      {open === 'remove' && (
        <ConfirmDialog
          title={`Disconnect ${name}?`}
          action="Disconnect"
          onConfirm={() => run({ send: () => org.removeIntegration(id), keys, done: `Disconnected ${name}` })}
          onClose={() => setOpen(null)}
        >
          {getsEvents
            ? 'It receives no more events. The mappings of its people and its list of deliveries are removed.'
            : 'Teams keep their members, and no longer follow its teams. The mappings of its people and teams are removed.'}
        </ConfirmDialog>
      )}
    </section>
  );
}

function EventTypes({ integration }: { readonly integration: IntegrationRecord }) {
  const { id, name } = integration;
  const org = useOrganization();
  const { run } = useCommands();
  const { chosen, choose } = useConfigList(integration, 'eventTypes');
  const save = (eventTypes: readonly string[]) =>
    run({ send: () => org.updateIntegration(id, { eventTypes }), keys: [`integration:${id}`] });
  const isChosen = (value: string) => chosen.includes('*') || chosen.includes(value);
  const toggle = (value: string) => {
    const others = eventChoices.map((choice) => choice.value).filter((one) => one !== value && isChosen(one));
    const unlisted = chosen.filter((one) => one !== '*' && !eventChoices.some((choice) => choice.value === one));
    void choose([...unlisted, ...others, ...(isChosen(value) ? [] : [value])], save);
  };
  return (
    <fieldset className="integration-events">
      <legend>Events of {name}</legend>
      {eventChoices.map(({ value, label }) => (
        <label key={value}>
          <input type="checkbox" checked={isChosen(value)} onChange={() => toggle(value)} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
