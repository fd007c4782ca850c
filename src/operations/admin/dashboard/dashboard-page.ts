import { page } from '../../../platform/pages/page';
import type { Frame } from '../console/console-pages';
import type { DashboardView } from './dashboard-view';

export const dashboardPage = page<DashboardView & Frame>('operations/admin/dashboard/views/dashboard');
