import { gateCommand } from './gate-command';
import type { OutsideCommand } from './outside-command';
import { probeCommand } from './probe-command';

export const outsideCommands: readonly OutsideCommand[] = [probeCommand, gateCommand];
