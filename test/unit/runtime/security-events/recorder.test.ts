import assert from 'node:assert/strict';
import { pino } from 'pino';
import { eventLimits } from '../../../../server/src/runtime/limits/rows/events.ts';
import { createLog, redactedLog } from '../../../../server/src/runtime/log.ts';
import { Counters } from '../../../../server/src/runtime/metrics/counters.ts';
import { EventWriter } from '../../../../server/src/runtime/security-events/event-writer.ts';
import { SecurityEventRecorder } from '../../../../server/src/runtime/security-events/recorder.ts';
import type { NewSecurityEvent, SecurityEvent } from '../../../../server/src/runtime/security-events/security-event.ts';
import { TokenNetworks } from '../../../../server/src/runtime/security-events/token-networks.ts';
import { HandClock } from '../../../support/hand-clock.ts';

const refusal = (address: string | null = '203.0.113.9', caller: NewSecurityEvent['caller'] = null): NewSecurityEvent => ({
  ...{ event: 'refusal', kind: 'unauthenticated', outcome: 'failure', caller, address, orgId: null, requestId: 'r' },
});
const act = (userId = '7'): NewSecurityEvent => ({
  ...{ event: 'token.create', outcome: 'success', address: '203.0.113.9', orgId: null, requestId: 'r' },
  caller: { kind: 'user', id: userId, credential: null },
});

describe('the recorder of security events', () => {
  let clock: HandClock;
  let counters: Counters;
  let saved: SecurityEvent[];
  let lines: Record<string, unknown>[];
  let recorder: SecurityEventRecorder;
  /** Null while the database works. */
  let failure: Error | null;
  let isHung: boolean;

  beforeEach(() => {
    clock = new HandClock();
    counters = new Counters();
    saved = [];
    lines = [];
    failure = null;
    isHung = false;
    const log = redactedLog(pino({ level: 'error', base: null }, { write: (line) => void lines.push(JSON.parse(line)) }));
    const writer = new EventWriter({
      ...{ clock, counters, log: createLog('silent') },
      async save(events) {
        if (isHung) await new Promise(() => {});
        if (failure) throw failure;
        saved.push(...events);
      },
      isPermanent: (error) => (error as Error).message === 'invalid',
    });
    recorder = new SecurityEventRecorder({ writer, clock, log, instance: 'one' });
  });

  const record = (count: number, event: (index: number) => NewSecurityEvent) => {
    for (let index = 0; index < count; index++) recorder.record(event(index));
  };
  const total = (events: readonly { readonly count: number }[]) => events.reduce((sum, { count }) => sum + count, 0);

  it('writes a line with audit: true at once, at any log level, and a row within seconds', async () => {
    recorder.record(refusal());
    assert.equal(lines.length, 1);
    const { audit, event, outcome, address, requestId, count } = lines[0]!;
    assert.deepEqual(
      { audit, event, outcome, address, requestId, count },
      {
        ...{ audit: true, event: 'refusal', outcome: 'failure', address: '203.0.113.9', requestId: 'r', count: 1 },
      },
    );
    assert.equal(saved.length, 0);
    await clock.pass(1_000);
    assert.deepEqual(
      saved.map(({ event, instance }) => ({ event, instance })),
      [{ event: 'refusal', instance: 'one' }],
    );
  });

  it('[V16.4.2] makes the flood of one address one event with a count', async () => {
    record(5_000, () => refusal());
    assert.equal(lines.length, eventLimits.eventsPerAddress.value);
    await clock.pass(60_000);
    await clock.pass(1_000);
    assert.equal(saved.length, eventLimits.eventsPerAddress.value + 1);
    assert.equal(total(saved), 5_000);
    const last = saved.at(-1)!;
    assert.deepEqual([last.address, last.requestId, last.kind], ['203.0.113.9', null, 'unauthenticated']);
  });

  it('bounds what a flood from any number of addresses writes, and counts all of it', async () => {
    record(50_000, (index) => refusal(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`));
    assert.equal(lines.length, eventLimits.eventsOfStrangers.value);
    await clock.pass(60_000);
    await clock.pass(1_000);
    assert.equal(saved.length, eventLimits.eventsOfStrangers.value + 1);
    assert.equal(total(saved), 50_000);
    assert.equal(saved.at(-1)!.address, null);
  });

  it('records failed logins, refusals of members and acts while strangers flood', async () => {
    record(50_000, (index) => refusal(`10.0.${(index >> 8) & 255}.${index & 255}`));
    lines = [];
    recorder.record({ ...refusal(), event: 'login', kind: 'password' });
    recorder.record(refusal('203.0.113.9', { kind: 'user', id: '7', credential: null }));
    recorder.record(act());
    assert.deepEqual(
      lines.map(({ event }) => event),
      ['login', 'refusal', 'token.create'],
    );
  });

  it('begins again with each minute', async () => {
    record(20, () => refusal());
    await clock.pass(60_000);
    lines = [];
    record(1, () => refusal());
    assert.equal(lines.length, 1);
  });

  it('never waits for the database, and bounds what waits for it', async () => {
    isHung = true;
    for (let minute = 0; minute < 30; minute++) {
      record(1_000, (index) => refusal(`10.0.${index >> 8}.${index & 255}`));
      record(100, (index) => act(String(index)));
      await clock.pass(60_000);
    }
    const kept = eventLimits.refusedEventsWaiting.value;
    const dropped = counters.byReason('securityEventsDropped').get('full')!;
    assert.ok(dropped > 20_000 - kept, `${dropped} were dropped`);
    assert.equal(lines.filter(({ event }) => event === 'token.create').length, 3_000, 'every act is logged');
  });

  it('saves what waited once the database works again, in order', async () => {
    failure = new Error('the database is down');
    record(3, (index) => act(String(index)));
    await clock.pass(1_000);
    assert.equal(saved.length, 0);
    failure = null;
    await clock.pass(5_000);
    assert.deepEqual(
      saved.map(({ caller }) => caller?.id),
      ['0', '1', '2'],
    );
    assert.equal(counters.get('securityEventsDropped'), 0);
  });

  it('drops a batch that the database refuses, so that later ones are saved', async () => {
    failure = new Error('invalid');
    recorder.record(act());
    await clock.pass(1_000);
    failure = null;
    recorder.record(act('8'));
    await clock.pass(1_000);
    assert.deepEqual(
      saved.map(({ caller }) => caller?.id),
      ['8'],
    );
    assert.equal(counters.byReason('securityEventsDropped').get('invalid'), 1);
  });

  it('saves what waits at a stop, with the counted events', async () => {
    record(15, () => refusal());
    await recorder.close();
    assert.equal(total(saved), 15);
  });

  describe('networks of tokens', () => {
    it('cause one event each, and looked up again after a failure', async () => {
      const known = new Set<string>();
      let lookUps = 0;
      const networks = new TokenNetworks({
        recorder,
        clock,
        log: createLog('silent'),
        async findNew(used) {
          lookUps++;
          if (failure) throw failure;
          return used.filter(({ tokenId, network }) => !known.has(`${tokenId} ${network}`));
        },
      });
      const origin = (address: string) => ({ caller: null, address, orgId: null, requestId: null });
      known.add('1 203.0.113.0/24');
      networks.used('1', origin('203.0.113.9'));
      networks.used('1', origin('198.51.100.7'));
      networks.used('1', origin('198.51.100.8'));
      await networks.flush();
      assert.deepEqual(
        lines.map(({ event, target }) => [event, target]),
        [['token.new-network', { kind: 'network', id: '198.51.100.0/24' }]],
      );
      networks.used('1', origin('198.51.100.9'));
      await networks.flush();
      assert.equal(lookUps, 1);
      failure = new Error('the database is down');
      networks.used('2', origin('198.51.100.9'));
      await networks.flush();
      failure = null;
      networks.used('2', origin('198.51.100.9'));
      await networks.flush();
      assert.equal(lines.length, 2);
    });
  });
});
