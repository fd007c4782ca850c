import { page } from '../pages/page';

/** Says that the browser has no session any more. */
export const signedOutPage = page<{ readonly clientName: string | undefined }>('login/views/signed-out');
