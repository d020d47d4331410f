import assert from 'node:assert/strict';

interface Scraped {
  readonly url: string;
  readonly operatorToken: string;
}

/** What `/metrics` of a server shows now, by name with its labels as it is written there. */
export async function readMetrics({ url, operatorToken }: Scraped): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${operatorToken}` } });
  assert.equal(response.status, 200);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/** One of them; 0 when it was never counted. */
export async function readMetric(server: Scraped, name: string): Promise<number> {
  return (await readMetrics(server)).get(name) ?? 0;
}
