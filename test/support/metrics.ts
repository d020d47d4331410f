import assert from 'node:assert/strict';

/** What `/metrics` of a server shows now, by name with its labels as it is written there. */
export async function readMetrics({ url }: { readonly url: string }): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${url}/metrics`);
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
export async function readMetric(server: { readonly url: string }, name: string): Promise<number> {
  return (await readMetrics(server)).get(name) ?? 0;
}
