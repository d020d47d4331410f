import assert from 'node:assert/strict';
import { addToChecksum, emptyChecksum } from '@rollcall/protocol';
import fc from 'fast-check';
import { Replica, type ReplicaOutput } from '../../../client-sdk/src/replica.ts';
import type { ReplicaInput } from '../../../client-sdk/src/replica-state.ts';
import { aTeam, aThing, forget, type KindAndRecord, put, remove } from './records.ts';

function checksumOf(records: Iterable<KindAndRecord>) {
  let checksum = emptyChecksum;
  for (const { kind, record } of records) checksum = addToChecksum(checksum, kind, record);
  return checksum;
}

function snapshotOf(revision: number, records: readonly KindAndRecord[], more: object = {}): ReplicaInput[] {
  const copies = [...structuredClone(records)];
  return [
    { type: 'snapshot', frame: { org: '1', part: 0, parts: 1, records: copies } },
    { type: 'snapshot-end', frame: { org: '1', revision, cursor: `at-${revision}`, ...checksumOf(records), ...more } },
  ];
}

function receiveAll(replica: Replica, ...inputs: ReplicaInput[]): ReplicaOutput[] {
  return inputs.flatMap((input) => replica.receive(input));
}

function openReplica(revision: number, ...records: KindAndRecord[]): Replica {
  const replica = new Replica();
  receiveAll(
    replica,
    { type: 'connected' },
    { type: 'acknowledged', attempt: 1, ack: { org: '1', mode: 'snapshot', revision } },
    ...snapshotOf(revision, records),
  );
  return replica;
}

function contentOf(replica: Replica) {
  return Object.fromEntries([...replica.records.state.all()].map(({ kind, record }) => [`${kind}/${record.id}`, record]));
}

function aStep(from: number, to: number, changes: Extract<ReplicaInput, { type: 'step' }>['frame']['changes']): ReplicaInput {
  return { type: 'step', frame: { org: '1', from, to, cursor: `at-${to}`, changes } };
}

describe('replica', () => {
  it('the replica has no records and no revision before its first snapshot', () => {
    const replica = new Replica();
    assert.equal(replica.revision, null);
    assert.equal(replica.records.state.size, 0);
  });

  it('the replica includes the changes that happened during a snapshot', () => {
    const replica = openReplica(5, aTeam('1'));
    const records = [aTeam('1'), aTeam('2')];
    const end = { changes: [remove(aTeam('2')), put(aTeam('3'))], ...checksumOf([aTeam('1'), aTeam('3')]) };
    receiveAll(replica, { type: 'resync', reason: 'slow' }, ...snapshotOf(9, records, end));
    assert.deepEqual(contentOf(replica), { 'team/1': aTeam('1').record, 'team/3': aTeam('3').record });
    assert.equal(replica.revision, 9);
  });

  it('[F3] the replica does not show a snapshot that fails its own checksum, and fetches another', () => {
    const replica = openReplica(5, aTeam('1'));
    const outputs = receiveAll(replica, { type: 'resync', reason: 'slow' }, ...snapshotOf(9, [aTeam('2')], { sum: 1 }));
    assert.deepEqual(contentOf(replica), { 'team/1': aTeam('1').record });
    assert.equal(replica.revision, 5);
    assert.deepEqual(outputs.at(-1), { type: 'subscribe', attempt: 2, cursor: null, failures: 1, because: 'checksum' });
  });

  it('the replica reports the differences between two snapshots, and keeps the objects of equal records', () => {
    const replica = openReplica(5, aTeam('1'), aTeam('2', 'old'), aTeam('3'));
    const kept = replica.records.state.get('team', '1');
    const outputs = receiveAll(replica, { type: 'resync', reason: 'slow' }, ...snapshotOf(9, [aTeam('1'), aTeam('2', 'new'), aTeam('4')]));
    const changed = outputs.find((output) => output.type === 'changed');
    assert.deepEqual(
      changed?.changes.map(({ id, before, after }) => [id, before?.slug ?? null, after?.slug ?? null]),
      [
        ['2', 'old', 'new'],
        ['4', null, 'team-4'],
        ['3', 'team-3', null],
      ],
    );
    assert.equal(replica.records.state.get('team', '1'), kept);
  });

  it('the replica reports nothing for a record that a step repeats, and keeps the object', () => {
    const replica = openReplica(5, aTeam('1'));
    const kept = replica.records.state.get('team', '1');
    const outputs = receiveAll(replica, aStep(5, 6, [put(aTeam('1')), remove(aTeam('9'))]));
    assert.deepEqual(outputs, [{ type: 'changed', revision: 6, cause: 'step', changes: [] }]);
    assert.equal(replica.records.state.get('team', '1'), kept);
  });

  it('the replica freezes records deeply', () => {
    const record = openReplica(5, aTeam('1')).records.state.get('team', '1');
    assert.ok(Object.isFrozen(record) && Object.isFrozen(record?.flags));
  });

  it('[A2] the replica has no records after access ended', () => {
    const replica = openReplica(5, aTeam('1'));
    const outputs = receiveAll(replica, { type: 'revoked', revision: 6, reason: 'removed' });
    assert.deepEqual(outputs, [{ type: 'ended', ending: { kind: 'revoked', reason: 'removed', revision: 6 }, hadReplica: true }]);
    assert.equal(replica.revision, null);
    assert.deepEqual(contentOf(replica), {});
  });

  it('the replica keeps records of unknown kinds, and counts them', () => {
    const replica = openReplica(5, aThing('x'));
    assert.deepEqual(replica.records.checksum, checksumOf([aThing('x')]));
  });

  it('the replica at N has exactly the records of a snapshot at N, after any loss, repetition or interruption', () => {
    const ids = ['1', '2', '3'] as const;
    const event = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant('write' as const), id: fc.constantFrom(...ids), slug: fc.constantFrom('a', 'b', null) }),
      },
      { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('deliver' as const, 'lose' as const, 'repeat' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('ping' as const, 'cut' as const, 'resync' as const, 'garble' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const server = new Map<number, readonly KindAndRecord[]>([[0, []]]);
        const sent: { from: number; to: number; changes: ReturnType<typeof put | typeof remove>[] }[] = [];
        let head = 0;
        let delivered = 0;
        const replica = new Replica();
        const at = (revision: number) => server.get(revision)!;

        // Plays the server: replies to a subscription at once, with a snapshot or from the cursor.
        const answer = (outputs: ReplicaOutput[]): void => {
          for (const output of outputs) {
            if (output.type !== 'subscribe') continue;
            delivered = sent.length;
            const base = output.cursor === null ? null : Number(output.cursor.replace('at-', ''));
            const mode = base === null ? 'snapshot' : 'resume';
            receive({ type: 'acknowledged', attempt: output.attempt, ack: { org: '1', mode, revision: head } });
            if (base === null) for (const input of snapshotOf(head, at(head))) receive(input);
            else if (base < head)
              receive(
                aStep(
                  base,
                  head,
                  sent.slice(base).flatMap(({ changes }) => structuredClone(changes)),
                ),
              );
          }
        };
        const receive = (input: ReplicaInput): void => answer(replica.receive(input));

        receive({ type: 'connected' });
        for (const happening of events) {
          if (happening.do === 'write') {
            const { id, slug } = happening;
            const rest = at(head).filter((record) => record.id !== id);
            sent.push({ from: head, to: head + 1, changes: [slug === null ? remove(aTeam(id)) : put(aTeam(id, slug))] });
            server.set(++head, slug === null ? rest : [...rest, aTeam(id, slug)]);
          } else if (happening.do === 'deliver' && sent[delivered]) {
            const { from, to, changes } = sent[delivered++]!;
            receive(aStep(from, to, structuredClone(changes)));
          } else if (happening.do === 'lose' && sent[delivered]) {
            delivered++;
          } else if (happening.do === 'repeat' && delivered > 0) {
            const { from, to, changes } = sent[delivered - 1]!;
            receive(aStep(from, to, structuredClone(changes)));
          } else if (happening.do === 'ping' && delivered === sent.length) {
            const server = { revision: head, cursor: `at-${head}`, ...checksumOf(at(head)) };
            receive({ type: 'pong', sentAt: 0, server, local: replica.records.checksum });
          } else if (happening.do === 'cut') {
            receive({ type: 'disconnected' });
            receive({ type: 'connected' });
          } else if (happening.do === 'resync') {
            delivered = sent.length;
            receive({ type: 'resync', reason: 'slow' });
            for (const input of snapshotOf(head, at(head))) receive(input);
          } else if (happening.do === 'garble') {
            receive({ type: 'failed', kind: 'handler-failed', detail: 'garbled' });
          }
          const { revision } = replica;
          const content = Object.fromEntries(at(revision!).map(({ kind, id, record }) => [`${kind}/${id}`, record]));
          // A lost step is noticed only with the next step or pong, so compare at the revision that
          // the replica claims.
          assert.deepEqual(contentOf(replica), content);
          assert.deepEqual(replica.records.checksum, checksumOf(at(revision!)));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('[A3] the replica reports the records that became visible and those that became hidden', () => {
    const replica = openReplica(5, aTeam('1'));
    const frame = { org: '1', from: 5, to: 6, cursor: 'at-6', view: true as const, changes: [forget(aTeam('1')), put(aTeam('2'))] };
    const [changed] = receiveAll(replica, { type: 'step', frame });
    assert.ok(changed?.type === 'changed' && changed.cause === 'view');
    assert.deepEqual(
      changed.changes.map(({ id, isForgotten }) => [id, isForgotten]),
      [
        ['1', true],
        ['2', false],
      ],
    );
  });
});
