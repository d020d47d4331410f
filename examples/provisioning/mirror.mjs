// Mirrors the people and organizations of a file. Run it again after each change of the file, or
// after a run that was interrupted.
import { parseArgs } from 'node:util';
import { Refusal, readDirectory } from './directory-file.mjs';
import { named, operatorApi } from './operator-api.mjs';
import { planMirror } from './plan.mjs';
import { excessiveRemovals } from './removal-limits.mjs';

const usage = `Usage: OPERATOR_TOKEN=… mirror.mjs [--dry-run] [--max-removals 5%] [--prefix TEXT] FILE
  --dry-run           prints each change, and makes none
  --max-removals 20%  allows a run to remove more than 5 %
  --prefix TEXT       leaves objects alone whose external ids don't begin with TEXT
  ROLLCALL_URL is the address of the server, http://localhost:4000 by default.`;
const kinds = ['users', 'organizations', 'memberships'];
const done = Object.fromEntries(kinds.map((kind) => [kind, { created: 0, changed: 0, removed: 0 }]));
const refusals = [];

function readOptions() {
  const options = {
    help: { type: 'boolean', short: 'h' },
    'dry-run': { type: 'boolean' },
    'max-removals': { type: 'string', default: '5%' },
    prefix: { type: 'string', default: '' },
  };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help) return null;
    const percent = Number(/^(\d{1,3})%$/.exec(values['max-removals'])?.[1] ?? Number.NaN);
    if (!(percent <= 100)) throw new Error(`--max-removals must be a percentage, such as 20%, and not ${values['max-removals']}.`);
    if (positionals.length !== 1) throw new Error(`Give the name of one file. There are ${positionals.length}.`);
    return { file: positionals[0], isDryRun: values['dry-run'] ?? false, percent, prefix: values.prefix };
  } catch (error) {
    throw new Refusal(`${error.message}\n${usage}`);
  }
}

/** A refusal does not keep the rest from being mirrored. It is reported at the end. */
async function apply(api, { kind, method, path, body, owner }, result) {
  const ownerId = owner && (await api.call('GET', `/users/${named(owner)}/`)).body?.id;
  const { status, text } = await api.call(method, path, owner ? { ...body, ownerId } : body);
  // A row that is gone since the plan was made counts as removed.
  if (status < 400 || (result === 'removed' && status === 404)) done[kind][status === 201 ? 'created' : result]++;
  else refusals.push(`${method} ${path}: ${status} ${text}`);
}

async function mirror({ file, isDryRun, percent, prefix }) {
  const { ROLLCALL_URL = 'http://localhost:4000', OPERATOR_TOKEN } = process.env;
  if (!OPERATOR_TOKEN) throw new Refusal('OPERATOR_TOKEN must be the token of the operator, as in the settings of the server.');
  const directory = await readDirectory(file, prefix);
  const api = operatorApi(ROLLCALL_URL, OPERATOR_TOKEN);
  const { changes, removals, groups, renamed } = await planMirror(directory, api, prefix);
  const excessive = excessiveRemovals(groups, percent);
  if (isDryRun) {
    for (const { kind, what } of changes) console.log(`would create or change ${kind}: ${what}`);
    for (const { kind, what } of removals) console.log(`would remove ${kind}: ${what}`);
  }
  if (excessive.length > 0)
    throw new Refusal(['The file may be incomplete. Check it, or allow more with --max-removals.', ...excessive].join('\n  '));
  refusals.push(...renamed);
  if (isDryRun) return;
  for (const change of changes) await apply(api, change, 'changed');
  for (const removal of removals) await apply(api, removal, 'removed');
}

try {
  const options = readOptions();
  if (!options) {
    console.log(usage);
    process.exit(0);
  }
  await mirror(options);
} catch (error) {
  refusals.push(error instanceof Refusal ? error.message : `The server can't be reached: ${error.cause?.message ?? error.message}`);
}
for (const refusal of refusals) console.error(refusal);
for (const kind of kinds) {
  const { created, changed, removed } = done[kind];
  console.log(`${kind}: ${created} created, ${changed} changed, ${removed} removed`);
}
console.log(`refused: ${refusals.length}`);
process.exitCode = refusals.length > 0 ? 1 : 0;
