import assert from 'node:assert/strict';
import pg from 'pg';
import { eventually } from '../support/eventually.ts';
import { type Postgres, sharedPostgres, startPostgres } from '../support/postgres.ts';
import { type Redis, type RedisCluster, sharedRedis, startRedis, startRedisCluster } from '../support/redis.ts';
import { redisCommand } from '../support/redis-command.ts';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the PostgreSQL that tests share', () => {
  it('all tests use the same server', async () => {
    assert.equal(await sharedPostgres(), await sharedPostgres());
  });

  it('each test gets an empty database, which drop() removes even while it has connections', async () => {
    const server = await sharedPostgres();
    const [first, second] = await Promise.all([server.createDatabase(), server.createDatabase()]);
    await query(first.url, 'create table only_here (id int)');
    await assert.rejects(query(second.url, 'select * from only_here'), { code: '42P01' });

    const connected = new pg.Client(first.url);
    connected.on('error', () => {});
    await connected.connect();
    await Promise.all([first.drop(), second.drop()]);
    await assert.rejects(query(first.url, 'select 1'), { code: '3D000' });
    await connected.end();
  });

  it('a template is prepared only once and then copied', async () => {
    const server = await sharedPostgres();
    let prepared = 0;
    const prepare = async (url: string) => {
      prepared += 1;
      await query(url, 'create table greeting as select 7 as n');
    };
    const [template, again] = await Promise.all([server.template('greeting', prepare), server.template('greeting', prepare)]);
    assert.equal(template, again);
    assert.equal(prepared, 1);

    const copy = await server.createDatabase({ template });
    assert.deepEqual(await query(copy.url, 'select n from greeting'), [{ n: 7 }]);
    await copy.drop();
  });
});

describe("a test's own PostgreSQL", () => {
  let server: Postgres;
  before(async () => {
    server = await startPostgres({ durable: true });
  });
  after(() => server?.stop());

  it('a durable server keeps its data after a power cut', async () => {
    assert.deepEqual(await query(server.url, 'show fsync'), [{ fsync: 'on' }]);
  });

  it('killing the server closes the connections, and a restart keeps everything that was committed', async () => {
    const database = await server.createDatabase();
    await query(database.url, 'create table kept as select 1 as n');
    const connected = new pg.Client(database.url);
    const broken = new Promise((resolve) => connected.once('error', resolve));
    connected.on('error', () => {});
    await connected.connect();

    await server.kill();
    await broken;
    await assert.rejects(query(database.url, 'select 1'), { code: 'ECONNREFUSED' });
    await server.restart();
    assert.deepEqual(await query(database.url, 'select n from kept'), [{ n: 1 }]);
  });

  it('a server can be restarted after its run', async () => {
    await server.restart();
    assert.deepEqual(await query(server.url, 'select 1 as n'), [{ n: 1 }]);
  });
});

describe('the Redis that tests share', () => {
  it('the server responds to a ping', async () => {
    const server = await sharedRedis();
    assert.equal(await redisCommand(server.port, 'ping'), 'PONG');
    assert.equal(await sharedRedis(), server);
  });
});

describe("a test's own Redis", () => {
  let server: Redis;
  before(async () => {
    server = await startRedis({ own: true });
  });
  after(() => server?.stop());

  it('a killed server comes back empty on the same port', async () => {
    await redisCommand(server.port, 'set', 'key', 'value');
    await server.kill();
    await assert.rejects(redisCommand(server.port, 'ping'), { code: 'ECONNREFUSED' });
    await server.restart();
    assert.equal(await redisCommand(server.port, 'get', 'key'), '');
  });

  it('a paused server responds only after it continues', async () => {
    server.pause();
    await assert.rejects(redisCommand(server.port, 'ping'), /no response to ping/);
    server.resume();
    assert.equal(await redisCommand(server.port, 'ping'), 'PONG');
  });
});

describe('a Redis cluster', () => {
  let cluster: RedisCluster;
  before(async () => {
    cluster = await startRedisCluster();
  });
  after(() => cluster?.stop());

  it('every key belongs to exactly one of the three nodes', async () => {
    const answers = await Promise.allSettled(cluster.nodes.map(({ port }) => redisCommand(port, 'set', 'key', 'value')));
    assert.equal(answers.filter((answer) => answer.status === 'fulfilled').length, 1);
    for (const answer of answers) if (answer.status === 'rejected') assert.match(answer.reason.message, /^MOVED/);
  });

  it('a node rejoins after a crash', async () => {
    await cluster.nodes[1]!.kill();
    await cluster.nodes[1]!.restart();
    await eventually(async () => {
      for (const { port } of cluster.nodes) assert.match(await redisCommand(port, 'cluster', 'info'), /cluster_state:ok/);
    });
  });
});
