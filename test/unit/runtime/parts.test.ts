import assert from 'node:assert/strict';
import { pino } from 'pino';
import { Parts } from '../../../server/src/runtime/parts.ts';

describe('Parts', () => {
  let events: string[];
  let lines: { readonly level: number; readonly part: string; readonly step?: string; readonly msg: string }[];
  let parts: Parts;
  beforeEach(() => {
    events = [];
    lines = [];
    parts = new Parts(pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) }));
  });

  const start = (name: string) => parts.start(name, () => name, { stop: (part) => void events.push(`stop ${part}`) });

  it('stops in the reverse order, each part after the one before it has stopped', async () => {
    await start('first');
    await parts.start('slow', () => {}, {
      async stop() {
        await new Promise((resolve) => setImmediate(resolve));
        events.push('stop slow');
      },
    });
    await start('last');
    await parts.stop();
    assert.deepEqual(events, ['stop last', 'stop slow', 'stop first']);
    assert.deepEqual(
      lines.map(({ part, msg }) => `${part}: ${msg}`),
      [
        ...['first: started a part of the server', 'slow: started a part of the server', 'last: started a part of the server'],
        ...['last: stopped a part of the server', 'slow: stopped a part of the server', 'first: stopped a part of the server'],
      ],
    );
  });

  it('drains all parts at the same time, before the first one stops', async () => {
    let finish = () => {};
    const isFinished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await parts.start('waits for the other', () => {}, { drain: () => isFinished, stop: () => void events.push('stop 1') });
    await start('has no work');
    await parts.start('finishes', () => {}, { drain: () => void events.push('drain'), stop: () => void events.push('stop 2') });
    assert.equal(parts.isStopping, false);
    const stopped = parts.stop();
    assert.equal(parts.isStopping, true);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(events, ['drain']);
    finish();
    await stopped;
    assert.deepEqual(events, ['drain', 'stop 2', 'stop has no work', 'stop 1']);
  });

  it('leaves out a part that fails to start', async () => {
    await start('first');
    await start('second');
    const failing = parts.start('third', () => Promise.reject(new Error('no port')), { stop: () => void events.push('stop third') });
    await assert.rejects(failing, /no port/);
    await parts.stop();
    assert.deepEqual(events, ['stop second', 'stop first']);
  });

  it('stops all parts when some fail to drain or to stop, and logs the errors', async () => {
    const fail = (reason: string) => () => {
      throw new Error(reason);
    };
    await start('first');
    await parts.start('fails to stop', () => {}, { stop: fail('stop') });
    await parts.start('fails to drain', () => {}, { drain: fail('drain'), stop: () => void events.push('stop the drained part') });
    await start('last');
    await assert.rejects(parts.stop(), (error) => {
      assert.ok(error instanceof AggregateError);
      assert.deepEqual(
        error.errors.map(({ message }: Error) => message),
        ['drain', 'stop'],
      );
      return true;
    });
    assert.deepEqual(events, ['stop last', 'stop the drained part', 'stop first']);
    const logged = lines.filter(({ level }) => level === pino.levels.values.error).map(({ part, step }) => `${part}: ${step}`);
    assert.deepEqual(logged, ['fails to drain: drain', 'fails to stop: stop']);
  });

  it('stops each part once', async () => {
    await start('first');
    await parts.stop();
    await parts.stop();
    assert.deepEqual(events, ['stop first']);
  });
});
