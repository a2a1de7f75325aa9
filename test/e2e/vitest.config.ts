import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.e2e.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 240_000,
    // A window takes two processors by itself.
    maxWorkers: 1,
    fileParallelism: false,
  },
});
