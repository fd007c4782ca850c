/** Writes the dashboards of Grafana from the views that our own page shows. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { views } from '../../../src/operations/admin/dashboard/views';
import { grafanaDashboard } from './grafana-dashboard';

const folder = join(__dirname, '../../../ops/grafana/dashboards');
mkdirSync(folder, { recursive: true });
for (const view of views) {
  writeFileSync(join(folder, `${view.name}.json`), `${JSON.stringify(grafanaDashboard(view), null, 2)}\n`);
}
