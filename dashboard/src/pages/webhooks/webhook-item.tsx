import type { RestWebhook, WebhookState } from '@rollcall/client';
import { Menu, MenuItem, MenuSeparator } from '@rollcall/react/parts';
import { Ban, History, KeyRound, MoreHorizontal, Pencil, Power, Redo2, Send, Trash2 } from 'lucide-react';
import { Badge } from '../../kit/badge.ts';
import { Button, IconButton } from '../../kit/button.ts';
import { useOrgState } from '../../live/organization.tsx';
import { formatDate } from '../../shell/format-time.ts';
import { useWebhookActions } from './use-webhook-actions.ts';
import { useWebhookState } from './use-webhook-state.ts';
import { conditionOf, eventsText, nameOfWebhook } from './webhook-texts.ts';

export type OpenDialog = 'edit' | 'rotate' | 'remove' | 'deliveries' | 'replay' | 'skip';

interface WebhookItemProps {
  readonly webhook: RestWebhook;
  /** Called after a change that may not be live. */
  onChanged(): void;
  /** @param state null until it is read */
  onOpen(dialog: OpenDialog, state: WebhookState | null): void;
}

export function WebhookItem({ webhook, onChanged, onOpen }: WebhookItemProps) {
  const { url, description, status, dateCreated } = webhook;
  const name = nameOfWebhook(webhook);
  const { state, refresh } = useWebhookState(webhook);
  const { setStatus, sendTest, testResult, isTesting } = useWebhookActions(webhook, () => {
    onChanged();
    refresh();
  });
  const { tone, label, detail } = conditionOf(webhook, state);
  const isWaiting = (state?.attempts ?? 0) > 0;
  return (
    <li className="item webhook" aria-label={name}>
      <div className="item-head">
        <div>
          <strong>{description || url}</strong>
          <Badge tone={tone}>{label}</Badge>
        </div>
        <Menu label={`Actions for ${name}`} trigger={<IconButton icon={MoreHorizontal} label={`Actions for ${name}`} />}>
          {() => (
            <>
              <MenuItem icon={Pencil} onChoose={() => onOpen('edit', state)}>
                Edit
              </MenuItem>
              <MenuItem icon={Send} onChoose={sendTest}>
                Send a test event
              </MenuItem>
              <MenuItem icon={KeyRound} onChoose={() => onOpen('rotate', state)}>
                Rotate the secret
              </MenuItem>
              <MenuItem icon={Redo2} onChoose={() => onOpen('replay', state)}>
                Send earlier events again
              </MenuItem>
              <MenuItem
                icon={Ban}
                whyNot={isWaiting ? null : 'No event is waiting for another attempt.'}
                onChoose={() => onOpen('skip', state)}
              >
                Skip the failed event
              </MenuItem>
              <MenuItem icon={Power} onChoose={() => setStatus(status === 'active' ? 'disabled' : 'active')}>
                {status === 'active' ? 'Disable' : 'Enable'}
              </MenuItem>
              <MenuSeparator />
              <MenuItem icon={Trash2} isDanger onChoose={() => onOpen('remove', state)}>
                Remove
              </MenuItem>
            </>
          )}
        </Menu>
      </div>
      {description && <p className="webhook-url">{url}</p>}
      <p className="webhook-about">
        {eventsText(webhook)} · Created on {formatDate(dateCreated)}
        <Maker webhook={webhook} />
      </p>
      {detail && <p>{detail}</p>}
      {testResult && <p role="status">{testResult}</p>}
      <div className="webhook-actions">
        <Button isSmall icon={History} onClick={() => onOpen('deliveries', state)}>
          Deliveries
        </Button>
        {status === 'disabled' && (
          <Button isSmall variant="primary" icon={Power} onClick={() => setStatus('active')}>
            Enable
          </Button>
        )}
        {isTesting && <span>Sending a test event…</span>}
      </div>
    </li>
  );
}

function Maker({ webhook: { createdBy } }: Pick<WebhookItemProps, 'webhook'>) {
  const members = useOrgState((state) => state.members);
  if (createdBy === null) return <> with a token</>;
  const maker = members.find(({ user }) => user?.id === createdBy);
  return maker ? <> by {maker.name}</> : <> by a person who has left. The webhook keeps the scopes that it was given.</>;
}
