import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'src/**/*.test.ts',
      'tests/**/*.test.ts',
      'conformance/**/*.test.ts',
      'scripts/**/*.test.ts',
      'evals/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    globalSetup: ['tests/setup/global.ts'],
    setupFiles: ['tests/setup/own-settings.ts'],
    testTimeout: 60_000,
    hookTimeout: 240_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
