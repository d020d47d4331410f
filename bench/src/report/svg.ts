/** Minimal SVG for a few kinds of plots. Each file is readable on a light and on a dark page. */

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly color: string;
}

export interface Line {
  readonly label: string;
  readonly color: string;
  readonly values: readonly number[];
}

/** One curve over time. Null for a missing value. */
export interface Curve {
  readonly label: string;
  readonly color: string;
  readonly points: readonly (readonly [seconds: number, value: number | null])[];
}

/** A range of time, with its name above it. */
export interface Span {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

const width = 720;
const style = '<style>text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}.minor{fill:#59636e}</style>';

function svg(height: number, title: string, body: readonly string[]): string {
  const opening = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(title)}">`;
  const ground = `<rect width="${width}" height="${height}" rx="6" fill="#fff"/>`;
  return [opening, style, ground, text(16, 28, title, 'class="title"'), ...body, '</svg>', ''].join('\n');
}

/** Horizontal bars from zero, with the value at the end of each. */
export function drawBars(title: string, bars: readonly Bar[], format: (value: number) => string): string {
  const left = 160;
  const rowHeight = 34;
  const top = 46;
  const max = Math.max(...bars.map(({ value }) => value));
  const body = bars.flatMap(({ label, value, color }, row) => {
    const y = top + row * rowHeight;
    const length = Math.max(1, (value / max) * (width - left - 110));
    return [
      text(left - 10, y + 17, label, 'text-anchor="end"'),
      `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="24" rx="2" fill="${color}"/>`,
      text(left + length + 8, y + 17, format(value)),
    ];
  });
  return svg(top + bars.length * rowHeight + 12, title, body);
}

/** Lines over the same points, the y axis logarithmic in whole decades. */
export function drawLines(title: string, points: readonly string[], lines: readonly Line[], format: (value: number) => string): string {
  const [left, right, top, bottom, height] = [64, 16, 76, 340, 372];
  const all = lines.flatMap(({ values }) => values).filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...all)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...all))));
  const x = (index: number) => left + (index * (width - left - right)) / (points.length - 1);
  const y = (value: number) => bottom - ((Math.log10(value) - low) / (high - low)) * (bottom - top);
  const decades = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return svg(height, title, [
    ...lines.map(({ label, color }, index) => legend(16 + index * 170, 52, label, color)),
    ...decades.flatMap((value) => [
      `<line x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}" stroke="#d1d9e0"/>`,
      text(left - 8, y(value) + 4, format(value), 'text-anchor="end" class="minor"'),
    ]),
    ...points.map((point, index) =>
      text(x(index), bottom + 20, point, `text-anchor="${index === points.length - 1 ? 'end' : 'middle'}" class="minor"`),
    ),
    ...lines.map(({ values, color }) => {
      const corners = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`);
      return `<polyline points="${corners.join(' ')}" fill="none" stroke="${color}" stroke-width="2.5"/>`;
    }),
  ]);
}

/** Curves over seconds from zero up, on one linear axis, with alternately shaded ranges. */
export function drawCurves(title: string, spans: readonly Span[], curves: readonly Curve[], format: (value: number) => string): string {
  const [left, right, top, bottom, height] = [76, 16, 92, 300, 332];
  const known = curves.flatMap(({ points }) => points.flatMap(([, value]) => value ?? []));
  const { step, max } = niceScale(Math.max(0, ...known));
  const end = Math.max(1, ...spans.map(({ to }) => to));
  const x = (seconds: number) => left + (Math.min(seconds, end) / end) * (width - left - right);
  const y = (value: number) => bottom - (value / max) * (bottom - top);
  const { step: second } = niceScale(end);
  return svg(height, title, [
    ...curves.map(({ label, color }, index) => legend(16 + index * 170, 52, label, color)),
    ...spans.map(({ from, to }, index) => {
      const fill = index % 2 === 0 ? '#f6f8fa' : '#eef1f4';
      return `<rect x="${x(from).toFixed(1)}" y="${top - 18}" width="${(x(to) - x(from)).toFixed(1)}" height="${bottom - top + 18}" fill="${fill}"/>`;
    }),
    ...spans.map(({ label, from }) => text(x(from) + 6, top - 5, label, 'class="minor"')),
    ...ticks(step, max).flatMap((value) => [
      `<line x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}" stroke="#d1d9e0"/>`,
      text(left - 8, y(value) + 4, format(value), 'text-anchor="end" class="minor"'),
    ]),
    ...ticks(second, end).map((seconds) => text(x(seconds), bottom + 20, `${seconds} s`, 'text-anchor="middle" class="minor"')),
    ...curves.flatMap(({ points, color }) =>
      runsOf(points).map((run) => {
        const corners = run.map(([seconds, value]) => `${x(seconds).toFixed(1)},${y(value).toFixed(1)}`);
        return `<polyline points="${corners.join(' ')}" fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round"/>`;
      }),
    ),
  ]);
}

/** Lines over counts from zero up, on linear axes. */
export function drawOver(
  title: string,
  unit: string,
  counts: readonly number[],
  lines: readonly Line[],
  format: (value: number) => string,
): string {
  const [left, right, top, bottom, height] = [76, 36, 76, 300, 350];
  const { step, max } = niceScale(Math.max(0, ...lines.flatMap(({ values }) => values)));
  const end = niceScale(Math.max(1, ...counts));
  const x = (count: number) => left + (count / end.max) * (width - left - right);
  const y = (value: number) => bottom - (Math.max(0, value) / max) * (bottom - top);
  return svg(height, title, [
    ...lines.map(({ label, color }, index) => legend(16 + index * 170, 52, label, color)),
    ...ticks(step, max).flatMap((value) => [
      `<line x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}" stroke="#d1d9e0"/>`,
      text(left - 8, y(value) + 4, format(value), 'text-anchor="end" class="minor"'),
    ]),
    ...ticks(end.step, end.max).map((count) =>
      text(x(count), bottom + 20, count.toLocaleString('en'), 'text-anchor="middle" class="minor"'),
    ),
    text((left + width - right) / 2, bottom + 40, unit, 'text-anchor="middle" class="minor"'),
    ...lines.flatMap(({ values, color }) => {
      const corners = values.map((value, index) => [x(counts[index]!).toFixed(1), y(value).toFixed(1)] as const);
      return [
        `<polyline points="${corners.map((corner) => corner.join(',')).join(' ')}" fill="none" stroke="${color}" stroke-width="2.5"/>`,
        ...corners.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${color}"/>`),
      ];
    }),
  ]);
}

/** Formats an amount without the digits that binary fractions add, such as those of 0.1 * 3. */
export function describeAmount(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString('en');
}

/** Four to ten steps of 1, 2 or 5 times a power of ten. */
function niceScale(highest: number): { readonly step: number; readonly max: number } {
  const rough = (highest || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  return { step, max: Math.ceil((highest || 1) / step) * step };
}

function ticks(step: number, max: number): number[] {
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, index) => index * step);
}

/** The ranges between missing values. */
function runsOf(points: Curve['points']): (readonly [number, number])[][] {
  const runs: (readonly [number, number])[][] = [[]];
  for (const [seconds, value] of points) {
    if (value === null) runs.push([]);
    else runs.at(-1)!.push([seconds, value]);
  }
  return runs.filter((run) => run.length > 0);
}

function legend(x: number, y: number, label: string, color: string): string {
  return `<rect x="${x}" y="${y - 10}" width="12" height="12" rx="2" fill="${color}"/>${text(x + 18, y, label)}`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
