/** What operators may do, each more than the one before. Source: docs/operators.md. */
export const operatorRoles = ['viewer', 'auditor', 'support', 'admin'] as const;

export type OperatorRole = (typeof operatorRoles)[number];

/** Whether somebody with this role may do what needs the other. */
export function includesRole(role: OperatorRole, needed: OperatorRole): boolean {
  return operatorRoles.indexOf(role) >= operatorRoles.indexOf(needed);
}
