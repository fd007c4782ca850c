import { refusals } from '../../platform/http/description';
import { operatorErrors } from './operator-error';

/** Of every endpoint that asks for a token of an operator. */
export const operatorRefusals = refusals(operatorErrors, 'token_in_url', 'role_insufficient');
