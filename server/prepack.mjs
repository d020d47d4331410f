// Adds the built console to the package, before `npm pack`. In the repository, the server serves
// the original, so packing doesn't affect a running server.
import { cp, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const [from, to] = ['../dashboard/dist/site/', 'dist/console/'].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));

await stat(`${from}index.html`).catch(() => {
  console.error('The console is not built. Run `npm run build` in the repository first.');
  process.exit(1);
});
await rm(to, { recursive: true, force: true });
await cp(from, to, { recursive: true });
