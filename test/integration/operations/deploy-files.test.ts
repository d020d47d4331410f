import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { Metrics } from '../../../server/src/runtime/metrics/metrics.ts';
import { onPath } from '../../support/executables.ts';
import { readMetrics, readMetricsText } from '../../support/metrics.ts';
import { sharedRedis } from '../../support/redis.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { skipBecause } from '../../support/skip.ts';

const rulesFile = 'deploy/prometheus/rollcall.rules.yml';
const alertTestsFile = 'deploy/prometheus/rollcall.rules.test.yml';
const dashboardFile = 'deploy/grafana/rollcall.json';

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}
interface AlertTests {
  readonly tests: readonly {
    readonly input_series: readonly { readonly series: string }[];
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

/** The path of promtool. Without it, skips the test, except in CI, where the test fails. */
function findPromtool(context: Mocha.Context): string {
  const promtool = onPath('promtool');
  if (!promtool && process.env.CI !== 'true') skipBecause(context, 'promtool is not installed');
  assert.ok(promtool, 'promtool is missing: apt-get install prometheus');
  return promtool;
}

/** The series of this server in an expression. */
function seriesIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:rollcall|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name);
}

describe('the files for Prometheus and Grafana', () => {
  const rules = (parse(readFileSync(rulesFile, 'utf8')) as Rules).groups.flatMap((group) => group.rules);
  const alertTests = (parse(readFileSync(alertTestsFile, 'utf8')) as AlertTests).tests;
  const dashboard = JSON.parse(readFileSync(dashboardFile, 'utf8')) as Dashboard;
  const expressions = [
    ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
    ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ where: title, expr }))),
  ];
  const inputs = alertTests.flatMap(({ input_series: input }) => input.map(({ series }) => ({ where: alertTestsFile, expr: series })));
  let server: TestServer;
  before(async () => {
    server = await startServer({ LOG_LEVEL: 'silent', REDIS_URL: (await sharedRedis()).url });
  });
  after(() => server?.stop());

  /** The name of each series, with those of the parts of a histogram. */
  async function seriesOfServer(): Promise<ReadonlySet<string>> {
    const series = new Set<string>();
    for (const [, name, type] of (await readMetricsText(server)).matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      if (type === 'histogram') for (const part of ['bucket', 'sum', 'count']) series.add(`${name}_${part}`);
      else series.add(name!);
    }
    return series;
  }

  /** The labels of a series, with those that Prometheus adds. */
  async function labelsOfServer(): Promise<(series: string) => ReadonlySet<string>> {
    const labels = new Map<string, readonly string[]>();
    for (const [, series, text] of (await readMetricsText(server)).matchAll(/^(\w+)\{(.+)\} /gm)) {
      labels.set(
        series!,
        [...text!.matchAll(/(\w+)="/g)].map(([, label]) => label!),
      );
    }
    // A metric with labels has no series before its first event. The types omit `labelNames`.
    const metrics = new Metrics(new Counters()).registry.getMetricsAsArray();
    for (const { name, labelNames } of metrics as unknown as { name: string; labelNames: readonly string[] }[])
      labels.set(name, labelNames);
    return (series) => {
      const metric = series.replace(/_(?:bucket|sum|count)$/, '');
      const added = series.endsWith('_bucket') ? ['job', 'instance', 'le'] : ['job', 'instance'];
      return new Set([...added, ...(labels.get(series) ?? []), ...(labels.get(metric) ?? [])]);
    };
  }

  it('name only series that the server has', async () => {
    const known = await seriesOfServer();
    const unknown = [...expressions, ...inputs].flatMap(({ where, expr }) =>
      seriesIn(expr)
        .filter((name) => !known.has(name))
        .map((name) => `${where}: ${name}`),
    );
    assert.deepEqual(unknown, []);
    assert.ok(expressions.length > 40, 'the expressions were not read');
  });

  it('match and group by only labels that these series have', async () => {
    const labelsOf = await labelsOfServer();
    const used = [...expressions, ...inputs].flatMap(({ where, expr }) => {
      const matched = [...expr.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, series, matchers]) =>
        [...matchers!.matchAll(/(\w+)[=!]~?=?"/g)].map(([, label]) => ({ where, series: series!, label: label! })),
      );
      const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, labels]) => labels!.split(', '));
      return [...matched, ...seriesIn(expr).flatMap((series) => grouped.map((label) => ({ where, series, label })))];
    });
    assert.ok(used.length > 200, 'the labels were not read');
    assert.deepEqual(
      used.filter(({ series, label }) => !labelsOf(series).has(label)),
      [],
    );
  });

  it('[H-36] alert on single events only of series that the server has from its start', async () => {
    const series = [...(await readMetrics(server)).keys()];
    const wanted = rules.flatMap(({ alert, expr }) => [
      ...[...expr.matchAll(/(rollcall_\w+)\{(\w+="[^"]*")\}/g)].map(([, name, label]) => ({ alert, name, label })),
      ...[...expr.matchAll(/by \((\w+)\) \(increase\((rollcall_\w+)\[/g)].map(([, label, name]) => ({ alert, name, label: `${label}="` })),
    ]);
    assert.ok(wanted.length >= 4, 'the expressions were not read');
    assert.deepEqual(
      wanted.filter(({ name, label }) => !series.some((one) => one.startsWith(`${name}{`) && one.includes(label!))),
      [],
    );
  });

  it('alert on each metric that the documentation recommends, or graph it', () => {
    const [table] = /(?<=deserve an alert or a graph:\n\n)(?:\|.*\n)+/.exec(readFileSync('docs/operating/monitoring.md', 'utf8'))!;
    const recommended = new Set([...table.matchAll(/`(rollcall_\w+)`/g)].map(([, name]) => name!));
    const shown = new Set(expressions.flatMap(({ expr }) => seriesIn(expr)).map((name) => name.replace(/_bucket$/, '')));
    assert.ok(recommended.size > 15, 'the table was not read');
    assert.deepEqual(
      [...recommended].filter((name) => !shown.has(name)),
      [],
    );
  });

  it('have a section in the runbook for each alert, and no section without one', () => {
    const sections = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
    assert.deepEqual(
      sections,
      rules.map(({ alert }) => alert),
    );
  });

  it('have a test for each alert in which it fires', () => {
    const fired = new Set(
      alertTests
        .flatMap(({ alert_rule_test: expected }) => expected)
        .filter(({ exp_alerts: alerts }) => alerts.length > 0)
        .map(({ alertname }) => alertname),
    );
    assert.deepEqual(
      rules.map(({ alert }) => alert).filter((alert) => !fired.has(alert)),
      [],
    );
  });

  it('pass promtool, which tests that the alerts fire', function () {
    const promtool = findPromtool(this);
    execFileSync(promtool, ['check', 'rules', rulesFile]);
    execFileSync(promtool, ['test', 'rules', alertTestsFile]);
  });

  it('contain only expressions for the dashboard that promtool can parse', function () {
    const promtool = findPromtool(this);
    const values = { $__rate_interval: '5m', $instance: '.+' };
    const queries = dashboard.panels
      .flatMap(({ targets = [] }) => targets)
      .map(({ expr }) => Object.entries(values).reduce((query, [variable, value]) => query.replaceAll(variable, value), expr));
    assert.ok(queries.length > 30, 'the expressions were not read');
    assert.deepEqual(
      queries.filter((query) => query.includes('$')),
      [],
      'the test has no value for a variable',
    );
    const recorded = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
    const file = path.join(makeTemporaryDirectory('dashboard'), 'queries.yml');
    // YAML includes JSON.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));
    execFileSync(promtool, ['check', 'rules', file], { stdio: 'pipe' });
  });
});
