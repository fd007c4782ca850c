import type { Unit } from './panel';

const nothing = '–';

/** A value in its unit, as short as possible. */
export function shown(value: number | null, unit: Unit): string {
  if (value === null) return nothing;
  switch (unit) {
    case 'percentunit':
      return `${rounded(100 * value, value >= 0.99 && value !== 1 ? 3 : 1)} %`;
    case 's':
      return duration(value);
    case 'bytes':
      return scaled(value, 1_024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
    case 'bool_yes_no':
      return value === 0 ? 'no' : 'yes';
    case 'cpm':
      return `${scaled(value, 1_000, ['', 'k', 'M', 'G'])}/min`.replace(' /', '/');
    case 'short':
      return scaled(value, 1_000, ['', 'k', 'M', 'G']);
  }
}

/** In days, hours, seconds or less. */
function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (size >= 172_800) return `${rounded(seconds / 86_400, 1)} d`;
  if (size >= 7_200) return `${rounded(seconds / 3_600, 1)} h`;
  if (size >= 120) return `${rounded(seconds / 60, 1)} min`;
  if (size >= 1 || size === 0) return `${rounded(seconds, 2)} s`;
  if (size >= 0.001) return `${rounded(seconds * 1_000, size >= 0.1 ? 0 : 2)} ms`;
  return `${rounded(seconds * 1_000_000, 0)} µs`;
}

function scaled(value: number, base: number, names: readonly string[]): string {
  let [scaledValue, at] = [value, 0];
  while (Math.abs(scaledValue) >= base && at < names.length - 1) {
    scaledValue /= base;
    at += 1;
  }
  return `${rounded(scaledValue, at === 0 && base === 1_024 ? 0 : 2)} ${names[at]}`.trimEnd();
}

/** Rounded to at most `decimals` places, without trailing zeros, with a real minus sign. */
function rounded(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals))).replace('-', '−');
}
