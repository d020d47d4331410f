import assert from 'node:assert/strict';
import { productionPackages } from '../../advisories/production-packages.ts';
import { describeAdvisory, evaluateReport, readReport } from '../../advisories/report.ts';
import { readSource } from '../../support/source-files.ts';

const advisory = (severity: string, id: string) => ({
  source: 1,
  name: 'ws',
  dependency: 'ws',
  title: 'Denial of service',
  url: `https://github.com/advisories/${id}`,
  severity,
  range: '<8.0.0',
});

const report = {
  auditReportVersion: 2,
  vulnerabilities: {
    ws: { name: 'ws', severity: 'high', via: [advisory('high', 'GHSA-1'), advisory('moderate', 'GHSA-2')], effects: ['engine.io'] },
    'engine.io': { name: 'engine.io', severity: 'high', via: ['ws'], effects: [] },
    mocha: { name: 'mocha', severity: 'critical', via: [advisory('critical', 'GHSA-3')], effects: [] },
  },
};

describe('the check of advisories', () => {
  const production = productionPackages(JSON.parse(readSource('package-lock.json')));

  it('[V15.2.1] fails for a high advisory in production, and not for lower severities or development dependencies', () => {
    const evaluated = evaluateReport(report, production, {});
    assert.deepEqual(
      evaluated.map(({ id, isProduction, fails }) => [id, isProduction, fails]),
      [
        ['GHSA-1', true, true],
        ['GHSA-2', true, false],
        ['GHSA-3', false, false],
      ],
    );
  });

  it('passes an allowed advisory, and prints the reason', () => {
    const [first] = evaluateReport(report, production, { 'GHSA-1': 'no client can send such a header' });
    assert.equal(first!.fails, false);
    assert.match(
      describeAdvisory(first!),
      /^high, production: ws <8\.0\.0: Denial .*GHSA-1\)\. Allowed: no client can send such a header\.$/,
    );
  });

  it('passes when npm prints an error or nothing', () => {
    const refusal = { message: '405 Method Not Allowed - POST https://registry.example/bulk', statusCode: 405, error: { summary: '' } };
    assert.deepEqual(readReport(JSON.stringify(refusal)), { unavailable: refusal.message });
    const offline = { error: { code: 'ENOAUDIT', summary: 'request failed\nsecond line' } };
    assert.deepEqual(readReport(JSON.stringify(offline)), { unavailable: 'request failed' });
    for (const nothing of ['', null, 'npm error']) assert.ok('unavailable' in readReport(nothing));
    assert.deepEqual(readReport(JSON.stringify(report)), report);
  });

  it('counts packages that run on the server or in a browser as production, with their dependencies', () => {
    for (const name of ['ws', 'engine.io', 'postgres-bytea', 'react-dom', '@floating-ui/dom']) assert.ok(production.has(name), name);
    for (const name of ['mocha', 'vite', 'typescript', 'playwright-core']) assert.ok(!production.has(name), name);
  });
});
