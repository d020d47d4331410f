import assert from 'node:assert/strict';

interface Scraped {
  readonly url: string;
  readonly operatorToken: string;
}

/** The text of `/metrics`, as Prometheus receives it. */
export async function readMetricsText({ url, operatorToken }: Scraped): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${operatorToken}` } });
  assert.equal(response.status, 200);
  return response.text();
}

/** The current metrics of a server, by name with their labels. */
export async function readMetrics(server: Scraped): Promise<ReadonlyMap<string, number>> {
  const lines = (await readMetricsText(server)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/** The value of one metric, or 0 if it was never counted. */
export async function readMetric(server: Scraped, name: string): Promise<number> {
  return (await readMetrics(server)).get(name) ?? 0;
}
