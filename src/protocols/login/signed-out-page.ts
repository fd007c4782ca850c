import { page } from '../../platform/pages/page';

/** Says that the browser has no session any more. */
export const signedOutPage = page<{ readonly clientName: string | undefined }>('protocols/login/views/signed-out');
