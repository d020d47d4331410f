import { SingleBar } from 'cli-progress';

export interface Progress {
  advance(lines: number): void;
  end(): void;
}

/** Shows a progress bar on stderr if it is a terminal. Stdout contains results only. */
export function startProgress(title: string, linesTotal: number): Progress {
  const bar = new SingleBar({
    format: `${title} {bar} {percentage}% | {value}/{total} lines | {eta_formatted} left`,
    barCompleteChar: '#',
    barIncompleteChar: '-',
    hideCursor: true,
    stream: process.stderr,
  });
  bar.start(linesTotal, 0);
  return { advance: (lines) => bar.increment(lines), end: () => bar.stop() };
}
