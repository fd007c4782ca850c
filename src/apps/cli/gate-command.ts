import type { GateRequest } from '../../operations/probe/gate';
import { numberField, ruledField, textField } from '../../platform/fields/field-kinds';
import { readFields } from '../../platform/fields/fields';
import { noArgument } from './command';
import type { OutsideCommand } from './outside-command';
import { UsageError } from './usage-error';

const defaults = { window: '10m', minExchanges: 100, tolerance: '0.01', timeout: 30 } as const;
const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };
const longestWindow = 86_400;

const options = {
  prometheus: ruledField(isHttpUrl, 'an http or https URL', 'the URL of Prometheus'),
  window: ruledField(
    (text) => secondsIn(text) >= 10 && secondsIn(text) <= longestWindow,
    'a time from 10s to 24h, such as 10m',
    `how far back it looks (${defaults.window})`,
  ),
  min_exchanges: numberField(1, 1_000_000, `least exchanges of each version (${defaults.minExchanges})`),
  tolerance: ruledField(
    (text) => /^(?:0(?:\.\d{1,6})?|1(?:\.0{1,6})?)$/.test(text),
    'a number from 0 to 1',
    `how much higher the rate of failures may be, 0.01 for 1 % (${defaults.tolerance})`,
  ),
  new_version: textField(100, 'the version to judge (the newest)'),
  old_version: textField(100, 'the version to compare it with (the one before)'),
  timeout: numberField(1, 600, `seconds for all of it (${defaults.timeout})`),
};

/** EX_UNAVAILABLE of sysexits.h: no verdict without data. */
const exitStatuses = { fine: 0, roll_back: 1, no_data: 69 } as const;

export const gateCommand: OutsideCommand = {
  words: 'gate',
  about: 'compare how often exchanges fail in a new version and in the old one beside it',
  notes: [
    'Counts exchanges of known codes and challenges, by the version of the instance that served them;',
    'synthetic clients, and made-up codes and nonces, are left out.',
    'Exit status: 0 fine, 1 roll back, 69 no data or no Prometheus, 64 wrong usage.',
  ].join('\n  '),
  options,
  runOutside: async (given, { now, isJson }) => {
    noArgument(given);
    const values = readFields(options, given.values);
    if (values.prometheus === undefined) throw new UsageError('--prometheus is missing');
    if (values.new_version !== undefined && values.new_version === values.old_version) {
      throw new UsageError('--new-version and --old-version name the same');
    }
    const request: GateRequest = {
      url: values.prometheus,
      windowSeconds: secondsIn(values.window ?? defaults.window),
      minExchanges: values.min_exchanges ?? defaults.minExchanges,
      tolerance: Number(values.tolerance ?? defaults.tolerance),
      newVersion: values.new_version,
      oldVersion: values.old_version,
      timeoutMs: (values.timeout ?? defaults.timeout) * 1000,
    };
    const { gate } = await import('../../operations/probe/gate.ts');
    const { UnreachableError } = await import('../../operations/probe/step-error.ts');
    const { jsonOf, textOf } = await import('../../operations/probe/gate-report.ts');
    try {
      const report = await gate(request, now);
      const lines = isJson ? [JSON.stringify(jsonOf(report), null, 2)] : textOf(report, request);
      return { lines, complaints: [], exitStatus: exitStatuses[report.verdict] };
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      return { lines: [], complaints: [error.message], exitStatus: exitStatuses.no_data };
    }
  },
};

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !/[?#@]/.test(text);
}

/** NaN for an invalid time. */
function secondsIn(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  return Number(count) * (units[unit] ?? Number.NaN);
}
