import assert from 'node:assert/strict';
import pg from 'pg';
import { pino } from 'pino';
import { type Bus, instancesTopic } from '../../../server/src/bus/bus.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { sharedPostgres, type TestDatabase } from '../../support/postgres.ts';
import { startServer } from '../../support/server.ts';

describe('a server', () => {
  let database: TestDatabase;
  let admin: pg.Client;
  let lines: { readonly part?: string; readonly msg: string }[];
  beforeEach(async () => {
    database = await (await sharedPostgres()).createDatabase();
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    lines = [];
  });
  afterEach(async () => {
    await admin?.end();
    await database?.drop();
  });

  const start = (environment: Readonly<Record<string, string>>, wrapBus: (bus: Bus) => Bus) => {
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    return startServer({ DATABASE_URL: database.url, ...environment }, { log, wrapBus });
  };
  /** The names of the parts that the log contains with this message. */
  const partsWith = (message: string) => lines.filter(({ msg }) => msg === message).map(({ part }) => part);
  /** The bus, with some of its methods replaced. */
  const replacing = (bus: Bus, methods: Partial<Bus>) =>
    new Proxy(bus, {
      get(target, name) {
        if (name in methods) return methods[name as keyof Bus];
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const assertDatabaseIsClosed = () =>
    eventually(async () => {
      const { rows } = await admin.query(
        'select query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      assert.deepEqual(rows, []);
    });

  it('stops its parts in the reverse order of their start', async () => {
    const server = await start({}, (bus) => bus);
    await server.stop();
    const started = partsWith('started a part of the server');
    assert.deepEqual(started.slice(0, 3), ['port', 'database', 'bus']);
    assert.deepEqual(partsWith('stopped a part of the server'), started.toReversed());
    await assertDatabaseIsClosed();
  });

  it('stops the parts that have started when a later one fails to start', async () => {
    const port = await freePort();
    const withoutInstances = (bus: Bus) =>
      replacing(bus, {
        onBroadcast: (topic, listener) =>
          topic === instancesTopic ? Promise.reject(new Error('no instances')) : bus.onBroadcast(topic, listener),
      });
    await assert.rejects(start({ PORT: String(port) }, withoutInstances), /no instances/);
    const started = partsWith('started a part of the server');
    assert.equal(started.at(-1), 'live viewers');
    assert.deepEqual(partsWith('stopped a part of the server'), started.toReversed());
    await assertDatabaseIsClosed();
    const next = await start({ PORT: String(port) }, (bus) => bus);
    await next.stop();
  });

  it('stops the other parts when one of them fails to stop, and logs its error', async () => {
    const server = await start({}, (bus) => replacing(bus, { close: () => Promise.reject(new Error('the bus does not close')) }));
    await assert.rejects(server.stop(), AggregateError);
    assert.deepEqual(partsWith('could not stop a part of the server'), ['bus']);
    await assertDatabaseIsClosed();
    await assert.rejects(fetch(`${server.url}/healthz`));
  });
});
