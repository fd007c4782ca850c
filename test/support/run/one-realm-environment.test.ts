import { expect, it } from '@jest/globals';
import OneRealmEnvironment from './one-realm-environment.cjs';

it('given suites that listen to the process, when each has ended, then the worker still hears jest', async () => {
  const before = [process.eventNames(), process.listenerCount('message')];
  for (let suites = 0; suites < 100; suites += 1) {
    const environment = new OneRealmEnvironment({ projectConfig: {} }, { testPath: '' });
    delete process.env['TEST_REPORTS'];
    process.on(`of suite ${suites}`, () => {});
    await environment.teardown();
  }

  expect([process.eventNames(), process.listenerCount('message')]).toEqual(before);
});
