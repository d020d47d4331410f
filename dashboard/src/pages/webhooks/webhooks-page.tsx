import type { RestWebhook, WebhookState } from '@rollcall/client';
import { CloudOff, Plus, Webhook } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { explain } from '../../live/explain.ts';
import { useCan, useOrganization, useOrgState } from '../../live/organization.tsx';
import { useRead } from '../../live/use-read.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { RestrictedPage } from '../../shell/restricted-page.tsx';
import { DeliveriesPanel } from './deliveries-panel.tsx';
import { WebhookSecretDialog } from './secret-dialog.tsx';
import { RemoveDialog, ReplayDialog, RotateDialog, SkipDialog } from './webhook-confirmations.tsx';
import { WebhookDialog } from './webhook-dialog.tsx';
import { type OpenDialog, WebhookItem } from './webhook-item.tsx';
import '../../kit/item-list.css';
import './webhooks-page.css';

const title = 'Webhooks';

export default function WebhooksPage() {
  const { allowed } = useCan(['org:write', 'org:integrations']);
  return (
    <RestrictedPage title={title} isAllowed={allowed} whyNot="Only admins, managers and owners can see the webhooks">
      <Webhooks />
    </RestrictedPage>
  );
}

type Open =
  | { readonly dialog: 'add' }
  | { readonly dialog: 'secret'; readonly secret: string; readonly isRotated: boolean }
  | { readonly dialog: OpenDialog; readonly webhook: RestWebhook; readonly state: WebhookState | null };

function Webhooks() {
  const org = useOrganization();
  // Managers and owners have the records live. Admins read the list again after their own changes.
  const records = useOrgState((state) => state.webhooks);
  const { result: webhooks, error, refresh } = useRead((options) => org.read.webhooks(options), org, records);
  const [open, setOpen] = useState<Open | null>(null);
  const addButton = useRef<HTMLButtonElement>(null);
  const close = () => setOpen(null);
  const changed = () => {
    close();
    refresh();
  };
  const removed = () => {
    changed();
    // The item that had the focus was removed.
    requestAnimationFrame(() => addButton.current?.focus());
  };
  const showSecret = (secret: string, isRotated: boolean) => {
    refresh();
    setOpen({ dialog: 'secret', secret, isRotated });
  };
  const add = (
    <Button ref={addButton} variant="primary" icon={Plus} onClick={() => setOpen({ dialog: 'add' })}>
      Add webhook
    </Button>
  );
  return (
    <>
      <PageHeader
        title={title}
        description="Send what happens in this organization to other tools."
        actions={webhooks && webhooks.length > 0 ? add : null}
      />
      <div className="card">
        {error ? (
          <EmptyState icon={CloudOff} title="Couldn’t load the webhooks" action={<Button onClick={refresh}>Try again</Button>}>
            {explain(error, false)}
          </EmptyState>
        ) : webhooks === null ? (
          <LoadingList label="Loading webhooks" rows={3} />
        ) : webhooks.length === 0 ? (
          <EmptyState icon={Webhook} title="No webhooks yet" action={add}>
            A webhook sends each event to your server, signed and in order. Failed deliveries are tried again for three days.
          </EmptyState>
        ) : (
          <ul className="item-list" aria-label="Webhooks">
            {webhooks.map((webhook) => (
              <WebhookItem
                key={webhook.id}
                webhook={webhook}
                onChanged={refresh}
                onOpen={(dialog, state) => setOpen({ dialog, webhook, state })}
              />
            ))}
          </ul>
        )}
      </div>
      {open?.dialog === 'add' && (
        <WebhookDialog webhook={null} onCreated={(secret) => showSecret(secret, false)} onSaved={changed} onClose={close} />
      )}
      {open?.dialog === 'secret' && <WebhookSecretDialog {...open} onClose={close} />}
      {open && 'webhook' in open && (
        <WebhookDialogs
          open={open}
          onChanged={changed}
          onRemoved={removed}
          onRotated={(secret) => showSecret(secret, true)}
          onClose={close}
        />
      )}
    </>
  );
}

interface WebhookDialogsProps {
  readonly open: Extract<Open, { readonly webhook: RestWebhook }>;
  onChanged(): void;
  onRemoved(): void;
  onRotated(secret: string): void;
  onClose(): void;
}

function WebhookDialogs({ open: { dialog, webhook, state }, onChanged, onRemoved, onRotated, onClose }: WebhookDialogsProps) {
  const shared = { webhook, onDone: onChanged, onClose };
  if (dialog === 'edit') return <WebhookDialog webhook={webhook} onCreated={onRotated} onSaved={onChanged} onClose={onClose} />;
  if (dialog === 'deliveries') return <DeliveriesPanel webhook={webhook} onClose={onClose} />;
  if (dialog === 'rotate') return <RotateDialog webhook={webhook} onRotated={onRotated} onClose={onClose} />;
  if (dialog === 'replay') return <ReplayDialog {...shared} state={state} />;
  if (dialog === 'skip') return <SkipDialog {...shared} />;
  return <RemoveDialog {...shared} onDone={onRemoved} />;
}
