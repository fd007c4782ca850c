import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ of Linux, whatever the kernel's own timer does. Source: proc_pid_stat(5), sysconf(_SC_CLK_TCK). */
const tickMs = 10;

export interface ProcessTimes {
  readonly parent: number;
  /** Milliseconds of CPU in user and in kernel mode, of all threads. */
  readonly cpuMs: number;
}

/** A line of `/proc/<pid>/stat`; the name in it may hold spaces and parentheses. Source: proc_pid_stat(5). */
export function parseStat(line: string): ProcessTimes {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs };
}

/** The lines `VmRSS` and `VmHWM` of `/proc/<pid>/status`, in MiB. Source: proc_pid_status(5). */
export function parseMemory(status: string): { resident: number; peak: number } {
  const mebibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { resident: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}

/** The first line of `/proc/stat`: milliseconds that all cores worked, without waiting. Source: proc_stat(5). */
export function parseMachine(text: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (text.split('\n')[0] ?? '')
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) * tickMs;
}

/** The process and its descendants, as they are now. */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const stat = readProc(`${name}/stat`);
    if (stat === undefined) continue;
    const { parent } = parseStat(stat);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const withChildren = (of: number): number[] => [of, ...(children.get(of) ?? []).flatMap(withChildren)];
  return withChildren(pid);
}

/** Milliseconds of CPU that the processes have used so far. */
export function cpuMs(pids: readonly number[]): number {
  return sum(pids.map((pid) => parseStat(readProc(`${pid}/stat`) ?? '').cpuMs || 0));
}

/** Milliseconds of CPU that this process has used so far. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** MiB that the processes hold now, and the most that each held. Shared pages count once for every process. */
export function memoryMiB(pids: readonly number[]): { resident: number; peak: number } {
  const each = pids.map((pid) => parseMemory(readProc(`${pid}/status`) ?? ''));
  return { resident: sum(each.map(({ resident }) => resident)), peak: sum(each.map(({ peak }) => peak)) };
}

/** Milliseconds that the machine has worked so far, over all cores. */
export function machineCpuMs(): number {
  return parseMachine(readProc('stat') ?? '');
}

/** Undefined when the process is gone. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
