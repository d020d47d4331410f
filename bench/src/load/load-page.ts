import { plottedPercentiles } from '../measure/load.ts';
import { type Curve, drawCurves, drawLines, type Span } from '../report/svg.ts';
import type { LoadResults, Sample, WindowResult } from './load-results.ts';
import type { Verdict } from './verdicts.ts';

/** The report as one self-contained page, without scripts, fonts or external images. */

/** Colors that color-blind people can distinguish. */
const colors = ['#0072b2', '#cc3311', '#e69f00', '#009988', '#8c959f'];

const style = `
:root { color-scheme: light dark; --ground: #f6f8fa; --card: #fff; --text: #1f2328; --minor: #59636e; --line: #d1d9e0; --good: #1a7f37; --bad: #cf222e; --warn: #9a6700 }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --card: #151b23; --text: #e6edf3; --minor: #9198a1; --line: #3d444d; --good: #3fb950; --bad: #f85149; --warn: #d29922 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 48px }
h1 { font-size: 24px; margin: 0 } h2 { font-size: 18px; margin: 32px 0 12px }
p { margin: 6px 0; color: var(--minor) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 12px; margin-top: 20px }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 8px }
.tile { padding: 12px 16px } .tile b { display: block; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums }
.tile span { color: var(--minor); font-size: 13px }
.card { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: 8px 14px; text-align: right; border-top: 1px solid var(--line); vertical-align: top } tr:first-child > * { border-top: 0 }
th { font-weight: 600; font-size: 13px; color: var(--minor); white-space: nowrap } td:first-child, th:first-child, .left { text-align: left }
.parts { margin-bottom: 12px } .parts td { white-space: nowrap; padding-block: 5px }
.met { color: var(--good); font-weight: 600 } .missed { color: var(--warn); font-weight: 600 } .broken { color: var(--bad); font-weight: 600 }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 12px } .plots svg { width: 100%; height: auto; border: 1px solid var(--line); border-radius: 8px }
`;

export function drawLoadPage(results: LoadResults, verdicts: readonly Verdict[]): string {
  const { options, startedAt, machine, loadBefore } = results;
  const broken = verdicts.filter(({ isMet, isRule }) => isRule && !isMet).length;
  const missed = verdicts.filter(({ isMet, isRule }) => !isRule && !isMet).length;
  const summary =
    broken > 0 ? `<span class="broken">${broken} broken</span>` : '<span class="met">nothing lost, reordered or leaked</span>';
  const goals = missed > 0 ? `, <span class="missed">${missed} speed ${missed === 1 ? 'goal' : 'goals'} missed</span>` : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Rollcall load run</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Rollcall under load: ${summary}${goals}</h1>
<p>${startedAt.slice(0, 16).replace('T', ' ')} UTC. ${options.instances} instances, ${number(options.subscribers)} subscribers of one organization, ${options.rate} changes a second${options.payloadBytes > 200 ? ` of ${number(options.payloadBytes)} bytes` : ''}; seed ${options.seed}.</p>
<p>${escapeHtml(machine.cpu)}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${escapeHtml(machine.system)}, Node ${machine.node}; load average before the start ${loadBefore}. Servers, databases, subscribers and writers share the machine.</p>
${tiles(results)}
<h2>Verdicts</h2>
${verdictTable(verdicts)}
<h2>Over time</h2>
<div class="plots">
${plots(results).join('')}</div>
<h2>By window</h2>
${windowTable(results.windows)}
<p>Latency is the time from the change's entry in the log until a raw subscriber has it. CPU is the user and system time of all instances during the run, divided by the deliveries.
Database reads are those of the read path, as counted by the instances: credentials, names, heads and the log.</p>
</main>
</body>
</html>
`;
}

function tiles({ windows, connecting }: LoadResults): string {
  const [calm] = windows as [WindowResult];
  const { sinceCommit, deliveriesPerSecond, cpuUsPerDelivery, revokeToClose } = calm;
  const rss = connecting.rssPerConnectionBytes;
  const all: readonly (readonly [string, string])[] = [
    [ms(sinceCommit.p50Ms), 'commit to delivery, p50'],
    [ms(sinceCommit.p99Ms), 'commit to delivery, p99'],
    [number(Math.round(deliveriesPerSecond)), 'deliveries per second'],
    [fixed(cpuUsPerDelivery, 1, ' µs'), 'server CPU per delivery'],
    [!(rss > 0) ? '–' : `${(rss / 1024).toFixed(1)} KiB`, 'server memory per connection'],
    [ms(revokeToClose.p99Ms), 'removal to closed socket, p99'],
  ];
  const tile = ([value, label]: readonly [string, string]) => `<div class="tile"><b>${value}</b><span>${label}</span></div>`;
  return `<div class="tiles">${all.map(tile).join('')}</div>`;
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const word = ({ isMet, isRule }: Verdict) => (isMet ? 'met' : isRule ? 'broken' : 'missed');
  const rows = verdicts.map((verdict) => {
    const cells = `<td>${escapeHtml(verdict.claim)}</td><td class="left">${escapeHtml(verdict.measured)}</td>`;
    return `<tr>${cells}<td class="${word(verdict)}">${word(verdict)}</td></tr>`;
  });
  return `<div class="card"><table>${rows.join('')}</table></div>`;
}

function windowTable(windows: readonly WindowResult[]): string {
  const rows: readonly (readonly [string, (window: WindowResult) => string])[] = [
    ['seconds', ({ fromMs, toMs }) => ((toMs - fromMs) / 1_000).toFixed(1)],
    ['writes', ({ written }) => number(written)],
    ['deliveries per second', ({ deliveriesPerSecond }) => number(Math.round(deliveriesPerSecond))],
    ['commit to delivery, p50', ({ sinceCommit }) => ms(sinceCommit.p50Ms)],
    ['p99', ({ sinceCommit }) => ms(sinceCommit.p99Ms)],
    ['longest', ({ sinceCommit }) => ms(sinceCommit.maxMs)],
    ['sent to delivery, p50', ({ sinceSent }) => ms(sinceSent.p50Ms)],
    ['p99', ({ sinceSent }) => ms(sinceSent.p99Ms)],
    ['CPU per delivery', ({ cpuUsPerDelivery }) => fixed(cpuUsPerDelivery, 1, ' µs')],
    ['changes per message', ({ deliveriesPerMessage }) => fixed(deliveriesPerMessage, 2)],
    ['bytes per message', ({ bytesPerMessage }) => fixed(bytesPerMessage, 0)],
    ['connections lost', ({ counts }) => number(counts.losses)],
    ['replicas resumed', ({ counts }) => number(counts.resumes)],
    ['snapshots sent again', ({ counts }) => number(counts.snapshots + counts.resyncs)],
    ['outage, p99', ({ outages }) => ms(outages.p99Ms)],
    ['removal to closed socket, p99', ({ revokeToClose }) => ms(revokeToClose.p99Ms)],
    ['snapshots built', ({ snapshotBuilds }) => number(snapshotBuilds)],
    ['database reads, without the sweep', ({ databaseReads }) => number(databaseReads)],
    ['gaps found by the sweep', ({ gapsFoundBySweep }) => number(gapsFoundBySweep)],
    ['unsent bytes of slow clients, maximum', ({ unsentBytesMax }) => `${number(Math.round(unsentBytesMax / 1024))} KiB`],
  ];
  const head = windows.map(({ name }) => `<th>${name}</th>`).join('');
  const body = rows.map(([title, read]) => `<tr><td>${title}</td>${windows.map((window) => `<td>${read(window)}</td>`).join('')}</tr>`);
  return `<div class="card parts"><table><tr><th></th>${head}</tr>${body.join('')}</table></div>`;
}

function plots({ windows, samples }: LoadResults): string[] {
  const spans: Span[] = windows.map(({ name, fromMs, toMs }) => ({ label: name, from: fromMs / 1_000, to: toMs / 1_000 }));
  const curve = (label: string, color: string, read: (sample: Sample) => number): Curve => ({
    label,
    color,
    points: samples.map((sample) => [sample.atMs / 1_000, Number.isFinite(read(sample)) ? read(sample) : null]),
  });
  const [blue, red, orange] = colors as [string, string, string];
  const latency = [curve('p50', blue, ({ p50Ms }) => p50Ms), curve('p99', red, ({ p99Ms }) => p99Ms)];
  const lines = windows
    .filter(({ deliveries }) => deliveries > 0)
    .map(({ name, percentilesMs }, index) => ({ label: name, color: colors[index % colors.length]!, values: percentilesMs }));
  return [
    drawCurves('Deliveries per second', spans, [curve('deliveries', blue, (sample) => sample.deliveriesPerSecond)], number),
    drawCurves('Commit to delivery, by second', spans, latency, (value) => `${number(value)} ms`),
    drawLines('Commit to delivery, ms by percentile', plottedPercentiles.map(String), lines, (value) => String(value)),
    drawCurves('Subscribers with a current replica', spans, [curve('current', blue, ({ live }) => live)], number),
    drawCurves('CPU of all instances, in cores', spans, [curve('cores', orange, ({ cpuCores }) => cpuCores)], number),
    drawCurves(
      'Memory of all instances',
      spans,
      [curve('resident', orange, ({ rssBytes }) => rssBytes / 2 ** 20)],
      (value) => `${number(value)} MiB`,
    ),
  ];
}

/** A window without deliveries has no averages. */
function fixed(value: number, digits: number, unit = ''): string {
  return Number.isFinite(value) ? `${value.toFixed(digits)}${unit}` : '–';
}

function ms(value: number): string {
  return Number.isNaN(value) ? '–' : `${value < 100 ? value.toFixed(1) : number(Math.round(value))} ms`;
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 2 });
}

function escapeHtml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
