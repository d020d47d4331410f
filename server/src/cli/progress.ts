import { SingleBar } from 'cli-progress';

export interface Progress {
  advance(count: number): void;
  end(): void;
}

/** Shows a progress bar on stderr if it is a terminal. Stdout contains results only. */
export function startProgress(title: string, total: number, unit = 'lines'): Progress {
  const bar = new SingleBar({
    format: `${title} {bar} {percentage}% | {value}/{total} ${unit} | {eta_formatted} left`,
    barCompleteChar: '#',
    barIncompleteChar: '-',
    hideCursor: true,
    stream: process.stderr,
  });
  bar.start(total, 0);
  return { advance: (count) => bar.increment(count), end: () => bar.stop() };
}
