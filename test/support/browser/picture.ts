import type { Page } from 'playwright-core';

/** Draws the whole page into docs/images, where `WRITE_SCREENSHOTS` asks for it. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env['WRITE_SCREENSHOTS'] === undefined) return;
  await page.screenshot({ path: `docs/images/${name}.png`, fullPage: true });
}
