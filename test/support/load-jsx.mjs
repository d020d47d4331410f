// Loads .tsx files. Node removes the types of a file, but has no JSX.
import { readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith('.tsx')) return nextLoad(url, context);
    return { format: 'module', source: compile(fileURLToPath(url)), shortCircuit: true };
  },
});

/** The compiler is loaded with the first file, because most runs have none. */
function compile(file) {
  const { transformSync } = require('esbuild');
  const options = { loader: 'tsx', jsx: 'automatic', sourcefile: file, sourcemap: 'inline' };
  return transformSync(readFileSync(file, 'utf8'), options).code;
}
