import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/**
 * V8's garbage collection, of everything or of the new generation only. It is complete when this
 * returns.
 */
export const collectGarbage = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;
