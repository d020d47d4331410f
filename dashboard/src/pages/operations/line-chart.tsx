import type { ReactNode } from 'react';

export interface Series {
  /** The index of a color in the style sheet. */
  readonly hue: number;
  readonly isFaint?: boolean;
  /** A value is null if nothing was measured, which leaves a gap in the line. */
  readonly points: readonly (readonly [at: number, value: number | null])[];
}

interface LineChartProps {
  readonly title: string;
  readonly hint: string;
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  /** Points further apart than this are not connected. */
  readonly gapMsMax: number;
  readonly series: readonly Series[];
  /** The latest values as text, which screen readers read instead of the lines. */
  readonly summary: string;
  readonly children?: ReactNode;
}

/** The width in units of the view box, which is stretched to the width of the chart. */
const width = 400;
const height = 110;

/**
 * A line chart of values over time. It uses attributes instead of styles, which the security policy
 * forbids.
 */
export function LineChart({ title, hint, unit, from, to, gapMsMax, series, summary, children }: LineChartProps) {
  const top = topOf(Math.max(0, ...series.flatMap(({ points }) => points.map(([, value]) => value ?? 0))));
  const x = (at: number) => ((at - from) / Math.max(1, to - from)) * width;
  const y = (value: number) => height - (value / top) * height;
  return (
    <section className="card chart">
      <h2>{title}</h2>
      <p className="chart-hint">{hint}</p>
      <p className="chart-now">{summary}</p>
      <div className="chart-plot">
        <span className="chart-top" aria-hidden>
          {format(top)} {unit}
        </span>
        <svg
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}, the last ${spanOf(to - from)}. Now: ${summary}`}
        >
          {[0, 0.5, 1].map((part) => (
            <line key={part} className="chart-grid" x1={0} x2={width} y1={part * height} y2={part * height} />
          ))}
          {series.map(({ hue, isFaint, points }) => (
            <path
              key={`${hue} ${isFaint}`}
              className="chart-line"
              data-hue={hue}
              data-faint={isFaint || undefined}
              d={pathOf(points, x, y, gapMsMax)}
            />
          ))}
        </svg>
        <span className="chart-times" aria-hidden>
          <span>{spanOf(to - from)} ago</span>
          <span>now</span>
        </span>
      </div>
      {children}
    </section>
  );
}

function spanOf(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}

/**
 * The path of a series. A single value between gaps is a line of length 0 with round ends: a dot.
 */
function pathOf(points: Series['points'], x: (at: number) => number, y: (value: number) => number, gapMsMax: number): string {
  let path = '';
  let before: number | null = null;
  for (const [at, value] of points) {
    if (value === null) continue;
    const isApart = before === null || at - before > gapMsMax;
    const point = `${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    path += isApart ? `M${point}L${point}` : `L${point}`;
    before = at;
  }
  return path;
}

/** The top of the scale: the next of 1, 2 and 5 times a power of ten. */
function topOf(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((times) => times * power).find((top) => top >= value)!;
}

export function format(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
}
