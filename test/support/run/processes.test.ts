import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { cpuMs, descendants, machineCpuMs, memoryMiB, parseMachine, parseMemory, parseStat } from './processes';

describe('/proc', () => {
  it('given a name with spaces and parentheses, when a stat line is read, then its fields are found', () => {
    const line = '4711 (node (main) x) S 42 4711 4711 0 -1 4194560 9 8 7 6 150 50 3 2 20 0 11 0 99 1 2';

    expect(parseStat(line)).toEqual({ parent: 42, cpuMs: 2_000 });
  });

  it('given a status, when it is read, then memory is in MiB', () => {
    const status = 'Name:\tnode\nVmPeak:\t 9999999 kB\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n';

    expect(parseMemory(status)).toEqual({ resident: 100, peak: 200 });
  });

  it('given the status of a process without memory, when it is read, then it holds none', () => {
    expect(parseMemory('Name:\tkthreadd\n')).toEqual({ resident: 0, peak: 0 });
  });

  it('given the line of the machine, when it is read, then idling and waiting do not count', () => {
    expect(parseMachine('cpu  1 2 3 1000 2000 4 5 6 0 0\ncpu0 9 9 9 9\n')).toBe(150);
  });

  it('given this process and a child of it, when they are looked at, then both are there and have figures', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');

    const pids = descendants(process.pid);
    child.kill();

    expect(pids).toEqual(expect.arrayContaining([process.pid, child.pid]));
    expect(cpuMs([process.pid])).toBeGreaterThan(0);
    expect(machineCpuMs()).toBeGreaterThan(0);
    expect(memoryMiB([process.pid]).peak).toBeGreaterThan(1);
  });

  it('given a process that is gone, when its CPU is asked for, then it is none', () => {
    expect(cpuMs([2 ** 22 + 1])).toBe(0);
  });
});
