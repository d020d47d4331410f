import assert from 'node:assert/strict';
import { replayWebhook, skipWebhookEvent } from '../../../../../server/src/features/webhooks/commands/move-webhook.ts';
import { actorFor, aMember, anOrganization, aState, aWebhookRecord, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization();
const owner = aMember({ orgRole: 'owner' });
const context = commandContext({ orgId: organization.id, actor: actorFor(owner), now });

function factsAt(revision: number, attempts = 0) {
  const head = { epoch: 'epoch', revision: 50, floorRevision: 10 };
  const consumer = {
    cursor: { revision, index: 2 },
    head: head.revision,
    behind: 1,
    attempts,
    nextAttemptAt: null,
    lastError: null,
    oldestUnsentAt: null,
  };
  return { state: aState(organization, { members: [owner] }), webhook: aWebhookRecord(), consumer, head } as unknown as Parameters<
    typeof replayWebhook.decide
  >[1];
}

describe('replay-webhook', () => {
  const replay = (fromRevision: number, next = 40) => replayWebhook.decide({ webhookId: '1', fromRevision }, factsAt(next), context);

  it('[13.10] moves back to a revision that the log still contains', () => {
    assert.equal(replay(20).result.fromRevision, 20);
    assert.equal(replay(10).result.fromRevision, 11, 'the events of the floor were removed');
    assert.deepEqual(replay(20).changes, []);
  });

  it('[13.10] refuses a revision before the log, and one that was not sent yet', () => {
    assert.throws(() => replay(9), { body: { fromRevision: ['The log begins at revision 11.'] } });
    assert.throws(() => replay(41), { body: { fromRevision: ['No event of revision 41 was sent yet.'] } });
    assert.throws(() => replay(51, 51), { body: { fromRevision: ['No event of revision 51 was sent yet.'] } });
  });
});

describe('skip-webhook-event', () => {
  it('[13.10] names the skipped event, and refuses if no event waits', () => {
    const { audit } = skipWebhookEvent.decide({ webhookId: '1' }, factsAt(40, 3), context);
    assert.equal(audit?.[0]?.data.skipped, `${organization.id}.40.2`);
    assert.throws(() => skipWebhookEvent.decide({ webhookId: '1' }, factsAt(40), context), { code: 'invalid' });
  });
});
