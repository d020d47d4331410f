// Imported before all others. Its URL contains the file, the text to find and its replacement.
import { register } from 'node:module';

register('./weaken-hook.mjs', { parentURL: import.meta.url, data: Object.fromEntries(new URL(import.meta.url).searchParams) });
