import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from './audit-event';
import { EventQueue } from './event-queue';

function eventOf(id: string): AuditEvent {
  return { id, time: '2026-01-01T00:00:00.000Z', type: 'user_added', outcome: 'success' };
}

describe('events that wait for the store', () => {
  it('given some that could not be written, when others have come and the store takes them, then all are written at once', async () => {
    const queue = new EventQueue();
    const written: string[] = [];
    queue.enqueue(eventOf('before'));
    await expect(queue.write(async () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    queue.enqueue(eventOf('after'));

    await queue.write(async (events) => void written.push(...events.map(({ id }) => id)));

    expect(written).toEqual(['before', 'after']);
  });
});
