import { page } from '../../../platform/pages/page';
import type { DashboardView } from './dashboard-view';

export const dashboardPage = page<DashboardView & { readonly csrf: string }>(
  'operations/admin/dashboard/views/dashboard',
);

/** `isAgain`: the token was wrong; `retryAfter`: seconds to wait after too many wrong ones. */
export const tokenPage = page<{
  readonly csrf: string;
  readonly isAgain: boolean;
  readonly retryAfter: string | undefined;
}>('operations/admin/dashboard/views/dashboard-token');
