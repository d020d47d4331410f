import { stopShared } from './shared.ts';

export const mochaHooks = {
  async afterAll() {
    await stopShared();
  },
};
