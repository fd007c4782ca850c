import type { View } from './panel';
import { debug } from './panels/debug';
import { executive } from './panels/executive';
import { onCall } from './panels/on-call';

/** The dashboards, for Grafana and our own page. */
export const views: readonly View[] = [executive, onCall, debug];
