/** The middle of some numbers, or the mean of the two in the middle; NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** The quantile (0 to 1) of numbers in ascending order; NaN of none. */
export function quantile(q: number, sorted: readonly number[]): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** What several rounds found: their median and their extremes. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(numbers: readonly number[]): Spread {
  return { median: median(numbers), least: Math.min(...numbers), most: Math.max(...numbers) };
}

/**
 * The ratios of what was measured in the same round, one pair a round, so that a machine which changes its speed
 * between rounds changes both. Rounds that one of the two lacks are left out.
 */
export function ratios(of: readonly number[], to: readonly number[]): Spread {
  return spreadOf(of.slice(0, to.length).map((value, round) => value / (to[round] ?? Number.NaN)));
}

/** A Markdown table; the first column on the left, the others on the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (column === 0 ? pad(cells[column], width) : padLeft(cells[column], width))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function pad(text = '', width = 0): string {
  return text.padEnd(width);
}

function padLeft(text = '', width = 0): string {
  return text.padStart(width);
}
