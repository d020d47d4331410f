import { version } from '../../runtime/version.ts';
import { feature } from '../feature.ts';
import { expiredExportsSweep } from './database/exports.ts';
import { openExports } from './export/export-job.ts';
import { exportRoutes } from './http/exports.ts';
import { archiveRoutes } from './http/operator-archive.ts';
import { importRoutes } from './http/operator-import.ts';

/** The file of an organization: exports, imports, and imports of a history. */
export const archive = feature({
  name: 'archive',
  routes: { organizations: exportRoutes },
  operatorRoutes: { archives: archiveRoutes, imports: importRoutes },

  open({ writePath: { database, failpoints, log }, duePolls, parts }) {
    const exports = openExports({ database, duePolls, failpoints, log, version });
    return {
      services: {},
      sweeps: [expiredExportsSweep(database.db, log)],
      async start() {
        await parts.start('exports', () => exports.start(), { drain: () => exports.stop() });
      },
    };
  },
});
