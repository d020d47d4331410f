import assert from 'node:assert/strict';
import { scopes } from '@rollcall/protocol';
import type { Position } from '../../../server/src/consumers/claims.ts';
import type { OpenConsumer } from '../../../server/src/consumers/log-consumer.ts';
import { nextDelivery } from '../../../server/src/consumers/next-delivery.ts';
import type { CommittedEntry } from '../../../server/src/database/records/read-log.ts';
import { anOrganization, aTeam } from '../../support/builders.ts';

describe('the next delivery of a consumer', () => {
  const organization = anOrganization();

  function aConsumer(wants: (type: string) => boolean = () => true, granted: OpenConsumer['scopes'] = scopes): OpenConsumer {
    return { scopes: granted, isPerRevision: false, wants, deliver: () => assert.fail('no delivery is made here') };
  }

  function anEntry(revision: number, teams: number): CommittedEntry {
    const changes = Array.from({ length: teams }, () => aTeam('web')).map((team) => ({
      kind: 'team',
      id: team.id,
      before: null,
      after: team,
    }));
    const committedAt = '2026-11-28T12:00:00.000Z';
    return { orgId: organization.id, revision, command: 'import', actor: 'system', requestId: null, changes, committedAt };
  }

  function deliveredIds(entries: readonly CommittedEntry[], consumer: OpenConsumer): string[] {
    const ids: string[] = [];
    let position: Position = { revision: entries[0]!.revision, index: 0 };
    for (;;) {
      const delivery = nextDelivery(entries, position, organization, consumer);
      if (!delivery) return ids;
      ids.push(delivery.events[0]!.data.id);
      position = delivery.next;
    }
  }

  it('takes work in proportion to the changes of a revision, for all its deliveries together', () => {
    const entries = [anEntry(7, 500), anEntry(8, 500)];
    let asked = 0;
    const consumer = aConsumer(() => {
      asked++;
      return true;
    });
    const ids = deliveredIds(entries, consumer);
    assert.equal(new Set(ids).size, 1_000);
    assert.deepEqual([ids[0], ids.at(-1)], [`${organization.id}.7.0`, `${organization.id}.8.499`]);
    assert.equal(asked, 1_000, 'each event is made once');
  });

  it('has the events for the organization and the consumer of that moment', () => {
    const [entry] = [anEntry(7, 2)];
    const start = { revision: 7, index: 0 };
    const consumer = aConsumer();
    assert.equal(nextDelivery([entry], start, organization, consumer)!.events[0]!.data.organization.slug, organization.slug);
    const renamed = { ...organization, slug: 'renamed' };
    assert.equal(nextDelivery([entry], start, renamed, consumer)!.events[0]!.data.organization.slug, 'renamed');
    assert.equal(
      nextDelivery(
        [entry],
        start,
        renamed,
        aConsumer(() => false),
      ),
      null,
    );
  });
});
