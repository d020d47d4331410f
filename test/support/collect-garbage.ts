import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** V8's own collection, of all or of its new generation only. It is over when this returns. */
export const collectGarbage = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;
