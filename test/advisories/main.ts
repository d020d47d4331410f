// `npm run advisories`: prints known vulnerabilities of the installed packages.
// docs/dependencies.md describes when it fails.
import { spawnSync } from 'node:child_process';
import { readSource, repository } from '../support/source-files.ts';
import { productionPackages } from './production-packages.ts';
import { describeAdvisory, evaluateReport, readReport } from './report.ts';

/** Advisories that can't affect Rollcall, by id, each with the reason: `'GHSA-…': 'why'`. */
const allowed: Readonly<Record<string, string>> = {};

const audit = spawnSync('npm', ['audit', '--json', '--fetch-retries=0', '--fetch-timeout=20000'], {
  cwd: repository,
  encoding: 'utf8',
  timeout: 60_000,
});
const report = readReport(audit.stdout);
if ('unavailable' in report) {
  console.log(`Advisories were not checked: ${report.unavailable}.`);
} else {
  const evaluated = evaluateReport(report, productionPackages(JSON.parse(readSource('package-lock.json'))), allowed);
  for (const advisory of evaluated) console.log(describeAdvisory(advisory));
  const failing = evaluated.filter(({ fails }) => fails).length;
  console.log(`Advisories: ${evaluated.length} found, ${failing} of severity high or critical in production.`);
  process.exitCode = failing > 0 ? 1 : 0;
}
