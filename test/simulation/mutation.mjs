// Loads one source file with some of its text replaced, so that a test can run without a safeguard.
// The product needs no switch for it.
import { registerHooks } from 'node:module';

const { file, from, to } = JSON.parse(process.env.MUTATION);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/${file}`)) return loaded;
    const parts = String(loaded.source).split(from);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} places, and not one, that read: ${from}`);
    return { ...loaded, source: parts.join(to) };
  },
});
