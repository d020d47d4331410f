import { setTimeout as sleep } from 'node:timers/promises';
import type { ResponseOf, secretRotationShape } from '@rollcall/protocol/rest/shapes';
import type { Command } from 'commander';
import { readEnvironment, urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import { OperatorClient, refusal } from './operator-client.ts';

interface RotateOptions {
  readonly url?: string;
  readonly status?: true;
}

type Rotation = ResponseOf<typeof secretRotationShape>;

/** The interval at which the progress is requested. */
const pollMs = 1_000;

export function addRotateSecretCommand(program: Command): void {
  program
    .command('rotate-secret')
    .description('put a new SECRET in use, after a restart with SECRET_PREVIOUS (requires OPERATOR_TOKEN)')
    .option('--status', 'only print the progress of the latest rotation')
    .option(...urlOption)
    .addHelpText('after', examples('rollcall rotate-secret', 'rollcall rotate-secret --status'))
    .action(rotate);
}

/** An interrupted run changes nothing: the server continues, and another run follows it. */
async function rotate({ url, status }: RotateOptions): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  if (status) return console.log(describe(await read(operator)));
  const started = await operator.request('POST', '/secret-rotation/');
  if (started.status !== 202) throw refusal('SECRET cannot be rotated', started);
  let rotation = started.body as Rotation;
  for (let printed = ''; rotation.state === 'running'; rotation = await read(operator)) {
    const line = describe(rotation);
    if (line !== printed) console.error(line);
    printed = line;
    await sleep(pollMs);
  }
  console.log(describe(rotation));
}

async function read(operator: OperatorClient): Promise<Rotation> {
  const response = await operator.request('GET', '/secret-rotation/');
  if (response.status !== 200) throw refusal('The progress cannot be read', response);
  return response.body as Rotation;
}

function describe({ state, stage, currentKey, newKey, resealed, unreadable, left, waitingFor, ...rest }: Rotation): string {
  if (state === 'none') return `SECRET was not rotated in the last week. The key in use is ${currentKey}.`;
  const error = rest.lastError === null ? '' : ` The last attempt failed: ${rest.lastError}`;
  if (stage === 'switch') return `The key ${newKey} is put in use.${error}`;
  if (stage === 'wait') return `Waiting for instances to use the key ${newKey}: ${waitingFor.join(', ') || 'none'}.${error}`;
  if (stage === 'seal') return `Encrypted again: ${resealed}. Left: ${left}.${error}`;
  const lost = unreadable === 0 ? '' : ` Texts that no key opens, which were of no use before: ${unreadable}.`;
  return `The key ${currentKey} is in use. Encrypted again: ${resealed}.${lost} SECRET_PREVIOUS can be removed after ${rest.previousNeededUntil}.`;
}
