import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `npm run dev -w dashboard` asks a server that runs already: `npm run dev`, or wherever ROLLCALL_URL says. */
const server = process.env.ROLLCALL_URL ?? 'http://127.0.0.1:4000';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist/site',
    target: 'es2023',
    // Those that know light-dark(), on which all colours rest.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    // What most pages share comes in one piece: a dozen small ones compress worse, each on its own.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'shared',
              test: /dashboard\/src\/(kit\/(badge|menu|list|focus-neighbor|portal|combobox-menu|use-held|use-steady-rows|virtual-table)|live\/(use-edit|changed-by|blocked-members|person-id)|shell\/(page-header|record-link|time-words|use-url-values)|pages\/members\/(reinstate-notice|use-viewer|member-powers|use-member-actions))\.|protocol\/search-query|@tanstack|lucide-react/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
    // Our security policy takes no `data:` for scripts or fonts.
    assetsInlineLimit: 0,
  },
  server: {
    port: 4001,
    proxy: Object.fromEntries(
      ['/api', '/socket.io', '/pages', '/login', '/accept', '/forgot-password', '/reset-password', '/verify-email'].map((path) => [
        path,
        // The server takes writes from its own pages only, and this page stands in for them.
        { target: server, changeOrigin: true, ws: true, headers: { Origin: new URL(server).origin } },
      ]),
    ),
  },
});
