import { apiLimits, orgRoles, type RestWebhook, type Scope } from '@rollcall/client';
import { useState } from 'react';
import { TextField } from '../../kit/field.ts';
import { useCommands } from '../../live/commands.tsx';
import { FormDialog } from '../../live/form-dialog.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { ScopePicker } from '../../tokens/scope-picker.tsx';
import { useWhyNotGrant } from '../../tokens/use-why-not-grant.ts';
import { EventPicker } from './event-picker.tsx';

interface WebhookDialogProps {
  /** The webhook to edit. Null for a new one. */
  readonly webhook: RestWebhook | null;
  /** Called with the secret of a new webhook. */
  onCreated(secret: string): void;
  onSaved(): void;
  onClose(): void;
}

export function WebhookDialog({ webhook, onCreated, onSaved, onClose }: WebhookDialogProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const whyNotGrant = useWhyNotGrant();
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [description, setDescription] = useState(webhook?.description ?? '');
  const [eventTypes, setEventTypes] = useState<readonly string[]>(webhook?.eventTypes ?? []);
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(
    () =>
      new Set((webhook?.scopes as readonly Scope[] | undefined) ?? orgRoles.manager.scopes.filter((scope) => whyNotGrant(scope) === null)),
  );
  const isSameScopes = webhook !== null && webhook.scopes.length === scopes.size && webhook.scopes.every((one) => scopes.has(one as Scope));
  const submit = async () => {
    const keys = webhook ? [`webhook:${webhook.id}`] : [];
    if (webhook) {
      // Another admin may have changed the other fields since the dialog was opened.
      const changes = {
        ...(description !== webhook.description && { description }),
        ...(String(eventTypes) !== String(webhook.eventTypes) && { eventTypes }),
        ...(url !== webhook.url && { url }),
        // The stored scopes may be above the user's own.
        ...(!isSameScopes && { scopes: [...scopes] }),
      };
      await run({ send: () => org.updateWebhook(webhook.id, changes), keys, done: 'Saved the webhook', showsRefusal: () => true });
      return null;
    }
    const input = { url, description, eventTypes, scopes: [...scopes] };
    const { data } = await run({ send: () => org.createWebhook(input), keys, showsRefusal: () => true });
    return data.secret;
  };
  return (
    <FormDialog
      title={webhook ? 'Edit webhook' : 'Add a webhook'}
      description="Events of the organization are sent to this address, in order."
      action={webhook ? 'Save' : 'Add webhook'}
      whyNot={url.trim() === '' ? 'Enter a URL.' : null}
      fields={['url', 'description', 'eventTypes', 'scopes']}
      onSubmit={submit}
      onDone={(secret) => (secret === null ? onSaved() : onCreated(secret))}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextField
            label="URL"
            type="url"
            hint="It begins with https://."
            error={errors.url}
            value={url}
            onValue={setUrl}
            maxLength={apiLimits.webhookUrlMax}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
          <TextField
            label="Description"
            hint="Optional."
            error={errors.description}
            value={description}
            onValue={setDescription}
            maxLength={apiLimits.webhookTextMax}
          />
          <EventPicker chosen={eventTypes} error={errors.eventTypes} onChange={setEventTypes} />
          <ScopePicker chosen={scopes} error={errors.scopes} whyNot={whyNotGrant} onChange={setScopes} />
          <p className="rollcall-field-hint">
            The webhook receives only events that these scopes can see. It keeps the scopes if you leave or your role changes.
          </p>
        </>
      )}
    </FormDialog>
  );
}
