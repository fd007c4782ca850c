/** As start.js has them. */
declare const ISSUER: string;
declare const CLIENT_ID: string;
declare module '*.css';
