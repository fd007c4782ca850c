import { apiCommands } from './api-commands';
import { auditCommands } from './audit-commands';
import { clientCommands } from './client-commands';
import type { Command } from './command';
import { loginCommands } from './login-commands';
import { operatorCommands } from './operator-commands';
import { otherCommands } from './other-commands';
import type { OutsideCommand } from './outside-command';
import { outsideCommands } from './outside-commands';
import { storeCommands } from './store-commands';
import { userCommands } from './user-commands';

/** All commands of `tessera`, in the order of its help. */
export const commands: readonly (Command | OutsideCommand)[] = [
  ...clientCommands,
  ...apiCommands,
  ...userCommands,
  ...operatorCommands,
  ...loginCommands,
  ...otherCommands,
  ...storeCommands,
  ...outsideCommands,
  ...auditCommands,
];
