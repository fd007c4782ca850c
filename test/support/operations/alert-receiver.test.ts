import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AlertReceiver } from './alert-receiver';
import { Cleanup } from '../run/cleanup';

const labels = { alertname: 'StoreDown', severity: 'page', job: 'tessera' };

describe('the receiver of alerts', () => {
  let cleanup: Cleanup;
  let receiver: AlertReceiver;

  beforeEach(async () => {
    cleanup = new Cleanup();
    receiver = await AlertReceiver.open(cleanup);
  });
  afterEach(() => cleanup.run());

  const tell = (...alerts: object[]) =>
    fetch(`http://127.0.0.1:${receiver.port}/page`, {
      method: 'POST',
      body: JSON.stringify({ version: '4', status: 'firing', groupLabels: {}, alerts }),
    });

  it('given an alert that is told twice, when it is over, then it is one alert, with its two moments', async () => {
    await tell({ status: 'firing', labels, fingerprint: 'a' });
    await tell({ status: 'firing', labels, fingerprint: 'a' });
    const open = receiver.alerts.map(({ resolvedAt }) => resolvedAt);
    await tell({ status: 'resolved', labels, fingerprint: 'a' });

    expect(open).toEqual([undefined]);
    expect(receiver.alerts).toEqual([
      { name: 'StoreDown', severity: 'page', labels, firingAt: expect.any(Number), resolvedAt: expect.any(Number) },
    ]);
  });

  it('given an alert that comes back, when it is told, then it is another one', async () => {
    await tell({ status: 'firing', labels, fingerprint: 'a' });
    await tell({ status: 'resolved', labels, fingerprint: 'a' });
    await tell({ status: 'firing', labels, fingerprint: 'a' });

    expect(receiver.alerts.map(({ resolvedAt }) => resolvedAt === undefined)).toEqual([false, true]);
  });
});
