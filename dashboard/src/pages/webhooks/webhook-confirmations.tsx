import type { RestWebhook, WebhookState } from '@rollcall/client';
import { useRef, useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { TextField } from '../../kit/field.ts';
import { useCommands } from '../../live/commands.tsx';
import { FormDialog } from '../../live/form-dialog.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { nameOfWebhook } from './webhook-texts.ts';

interface DialogProps {
  readonly webhook: RestWebhook;
  /** Called after the change was saved. */
  onDone(): void;
  onClose(): void;
}

export function RemoveDialog({ webhook, onDone, onClose }: DialogProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const name = nameOfWebhook(webhook);
  const remove = () =>
    run({ send: () => org.removeWebhook(webhook.id), keys: [`webhook:${webhook.id}`], done: `Removed ${name}` }).then(onDone);
  return (
    <ConfirmDialog title={`Remove ${name}?`} action="Remove webhook" onConfirm={remove} onClose={onClose}>
      Its receiver gets no further events, and its list of deliveries is deleted. This can’t be undone.
    </ConfirmDialog>
  );
}

export function RotateDialog({ webhook, onRotated, onClose }: Omit<DialogProps, 'onDone'> & { onRotated(secret: string): void }) {
  const org = useOrganization();
  const { run } = useCommands();
  const secret = useRef<string | null>(null);
  const rotate = async () => {
    const { data } = await run({ send: () => org.rotateWebhookSecret(webhook.id), keys: [`webhook:${webhook.id}`] });
    secret.current = data.secret;
  };
  // The dialog closes itself after the rotation.
  const close = () => (secret.current === null ? onClose() : onRotated(secret.current));
  return (
    <ConfirmDialog title="Rotate the signing secret?" action="Rotate secret" showsResponse onConfirm={rotate} onClose={close}>
      Deliveries are signed with both secrets for 24 hours, so the receiver can change its secret in that time.
    </ConfirmDialog>
  );
}

export function SkipDialog({ webhook, onDone, onClose }: DialogProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const skip = () => run({ send: () => org.skipWebhookEvent(webhook.id), keys: [], done: 'Skipped the event' }).then(onDone);
  return (
    <ConfirmDialog title="Skip the failed event?" action="Skip event" onConfirm={skip} onClose={onClose}>
      The receiver won’t get this event. Delivery continues with the next one.
    </ConfirmDialog>
  );
}

interface ReplayDialogProps extends DialogProps {
  /** The position in the log when the dialog opened. Null if it was not read yet. */
  readonly state: WebhookState | null;
}

export function ReplayDialog({ webhook, state, onDone, onClose }: ReplayDialogProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const [revision, setRevision] = useState('');
  return (
    <FormDialog
      title="Send earlier events again"
      description="The receiver gets all events from this revision on, with the same ids as before. Events that it already has can be recognized by their ids."
      action="Send again"
      whyNot={/^\d+$/.test(revision) ? null : 'Enter a revision.'}
      fields={['fromRevision']}
      onSubmit={() =>
        run({
          send: () => org.replayWebhook(webhook.id, Number(revision)),
          keys: [],
          done: 'Sending earlier events again',
          showsRefusal: () => true,
        })
      }
      onDone={onDone}
      onClose={onClose}
    >
      {(errors) => (
        <TextField
          label="First revision"
          hint={
            state
              ? `The next revision to send is ${state.cursor.revision}. The ids in the list of deliveries contain the revision.`
              : undefined
          }
          error={errors.fromRevision}
          value={revision}
          onValue={setRevision}
          inputMode="numeric"
          autoComplete="off"
          data-autofocus
        />
      )}
    </FormDialog>
  );
}
