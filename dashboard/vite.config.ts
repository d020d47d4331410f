import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The server that `npm run dev -w dashboard` forwards requests to. */
const server = process.env.ROLLCALL_URL ?? 'http://127.0.0.1:4000';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist/site',
    target: 'es2023',
    // The licences require that copies of the bundled packages contain them.
    license: { fileName: 'third-party-notices.md' },
    // Browsers with light-dark(), which all colors use.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    // One chunk for the modules that most pages share: a dozen small chunks would compress worse.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'shared',
              test: /dashboard\/src\/(kit\/(count|list|combobox-menu)|live\/(use-edit|changed-by)|shell\/(page-header|record-link|format-time|use-url-values)|pages\/members\/(reinstate-notice|use-viewer|member-permissions|use-member-actions))\.|react\/dist\/(parts\/(badge|combobox|field|focus-neighbor|loading-list|media|menu|portal|select|top-layer|use-interaction|use-steady-rows|virtual-table)|blocked-members|person-id|role-permissions)\.|protocol\/search-query|@tanstack|lucide-react/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
    // The security policy forbids `data:` URLs for scripts and fonts.
    assetsInlineLimit: 0,
  },
  server: {
    port: 4001,
    proxy: Object.fromEntries(
      ['/api', '/socket.io', '/pages', '/login', '/accept', '/forgot-password', '/reset-password', '/verify-email'].map((path) => [
        path,
        // The server accepts writes from its own origin only.
        { target: server, changeOrigin: true, ws: true, headers: { Origin: new URL(server).origin } },
      ]),
    ),
  },
});
