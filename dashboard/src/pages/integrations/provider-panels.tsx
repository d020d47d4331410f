import type { IntegrationChanges, IntegrationProvider, IntegrationRecord } from '@rollcall/client';
import type { ComponentType } from 'react';
import { Notice } from '../../kit/notice.tsx';
import { SwitchRow } from '../../kit/switch.tsx';
import { SlackChannels } from './slack-channels.tsx';

interface PanelProps {
  readonly integration: IntegrationRecord;
  onSave(changes: IntegrationChanges): void;
}

/** The parts of an integration that the table of providers does not state. */
export const providerPanels: Readonly<Partial<Record<IntegrationProvider, ComponentType<PanelProps>>>> = {
  gitlab: MissingWebhook,
  pagerduty: Alerts,
  slack: SlackChannels,
};

function MissingWebhook({ integration: { id, config } }: PanelProps) {
  if (config.hasWebhook !== false) return null;
  return (
    <Notice>
      GitLab did not let this server create a webhook for the group, so changes there are read every night, unless an owner of the group
      adds the webhook. In GitLab, open the settings of the group, and add a webhook for member events and subgroup events, with the URL{' '}
      <code>{`${window.location.origin}/extensions/gitlab/webhook/${id}/`}</code> and the secret token that was shown after connecting. To
      get a new token, connect the group again.
    </Notice>
  );
}

function Alerts({ integration, onSave }: PanelProps) {
  return (
    <SwitchRow
      label="Alerts for risks"
      hint="Opens an alert when an owner is added, or when two-factor authentication or single sign-on is no longer required. The alert resolves by itself."
      isOn={integration.config.alerts === true}
      onChange={(alerts) => onSave({ alerts })}
    />
  );
}
