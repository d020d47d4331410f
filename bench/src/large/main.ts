import { randomBytes } from 'node:crypto';
import { startPostgres } from '../../../test/support/postgres.ts';
import { readOptions } from '../../../test/support/read-options.ts';
import { startRollcall } from '../contestants/start-rollcall.ts';
import { Progress } from '../progress.ts';
import { makeLargeOrganization } from './large-organization.ts';
import { parseLargeOptions, usage } from './options.ts';
import { type LargeSubscription, subscribeToLarge } from './subscribe-large.ts';

const durationMsMax = 300_000;

const options = readOptions(parseLargeOptions, usage);
const progress = new Progress(durationMsMax);
setTimeout(() => fail('The run did not finish.'), durationMsMax).unref();
try {
  const postgres = await startPostgres();
  const { url: DATABASE_URL } = await postgres.createDatabase();
  const operatorToken = randomBytes(24).toString('hex');
  const environment = { DATABASE_URL, SECRET: randomBytes(24).toString('hex'), OPERATOR_TOKEN: operatorToken };

  let server = await startRollcall(environment);
  const beganAt = performance.now();
  const org = await makeLargeOrganization(server.url, operatorToken, options.members, (lines) => progress.show(`${lines} lines imported`));
  const importMs = performance.now() - beganAt;
  await server.kill('SIGTERM');

  // A new process, which hasn't loaded the organization yet.
  server = await startRollcall(environment);
  progress.show('subscribing, on a server that has just been started');
  const cold = await subscribeToLarge(server, operatorToken, org, 'manager');
  progress.show('subscribing again');
  const warm = await subscribeToLarge(server, operatorToken, org, 'member');
  progress.end();
  console.log(`${options.members} members, imported in ${Math.round(importMs / 1_000)} s\n`);
  print('on a server that has just been started', cold);
  print('again, on the same server', warm);
  process.exit(cold.hasRoleChange && warm.hasRoleChange ? 0 : 1);
} catch (error) {
  fail((error as Error).stack ?? String(error));
}

function print(title: string, { firstPartMs, wholeMs, records, parts, server, client, hasRoleChange }: LargeSubscription): void {
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  console.log(`${title}: ${records} records in ${parts} parts`);
  console.log(`  first part after ${ms(firstPartMs)}, complete after ${ms(wholeMs)}`);
  console.log(`  server: event loop delay ${ms(server.p99Ms)} p99, ${ms(server.maxMs)} at most; ${server.rssMiB.toFixed(0)} MiB resident`);
  console.log(`  client: event loop delay ${ms(client.p99Ms)} p99, ${ms(client.maxMs)} at most; ${client.heapMiB.toFixed(0)} MiB of heap`);
  console.log(`  a role that changed during loading ${hasRoleChange ? 'is' : 'IS NOT'} in the replica\n`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
