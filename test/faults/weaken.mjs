// Imported before all others, with the file, what to find in it and what to put there in its own address.
import { register } from 'node:module';

register('./weaken-hook.mjs', { parentURL: import.meta.url, data: Object.fromEntries(new URL(import.meta.url).searchParams) });
