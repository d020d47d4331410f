// Loads one source file with some of its text replaced, so that a test can run without a safeguard.
// The product needs no switch for it. To be imported before tsx, which then receives the changed
// text.
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

let mutation;

export function initialize(given) {
  mutation = given;
}

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!mutation || !url.endsWith(`/${mutation.file}`)) return loaded;
  const parts = String(loaded.source).split(mutation.from);
  if (parts.length !== 2) throw new Error(`${mutation.file} has ${parts.length - 1} places, and not one, that read: ${mutation.from}`);
  return { ...loaded, source: parts.join(mutation.to) };
}

if (isMainThread) register(import.meta.url, { data: JSON.parse(process.env.MUTATION) });
