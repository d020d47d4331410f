import type { LogConsumer } from '../consumers/log-consumer.ts';
import type { FeatureCore, OpenedFeature } from '../features/feature.ts';
import { features } from '../features/index.ts';

/** Opens all features. None of their work has begun. */
export async function openFeatures(core: Omit<FeatureCore, 'consumers'>): Promise<readonly OpenedFeature[]> {
  const opened: OpenedFeature[] = [];
  for (const feature of features) opened.push(await feature.open({ ...core, consumers: () => consumersOf(opened) }));
  return opened;
}

/** The consumers of the log, one for each kind of outlet. */
export function consumersOf(opened: readonly OpenedFeature[]): readonly LogConsumer[] {
  return opened.flatMap(({ consumers = [] }) => consumers);
}
