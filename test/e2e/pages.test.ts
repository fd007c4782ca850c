import { describe, expect, it } from '@jest/globals';
import { oauthErrors } from '../../src/protocols/oauth/oauth-error';
import type { ErrorDefinition } from '../../src/platform/http/protocol-error';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('the pages', () => {
  const service = fixture(startService);

  describe('assets', () => {
    it.each([
      ['pages.css', 'text/css; charset=utf-8'],
      ['wallet-login.js', 'application/javascript; charset=utf-8'],
      ['mark.svg', 'image/svg+xml'],
    ])('given %s, when it is asked for, then it comes with its type and may be kept a while', async (name, type) => {
      const response = await fetch(`${service.url}/assets/${name}`);

      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(type);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    });

    it('given an unchanged file, when it is asked for again, then it is 304', async () => {
      const url = `${service.url}/assets/pages.css`;
      const etag = (await fetch(url)).headers.get('etag') ?? '';

      // Without a header of its own, fetch would ask for a reload.
      const headers = { 'if-none-match': etag, 'cache-control': 'max-age=0' };
      const response = await fetch(url, { headers });

      expect(response.status).toBe(304);
    });

    it.each(['', 'nothing.css', '..%2fpage-renderer.ts', '%2e%2e/views/layout.eta', '..%2f..%2fmain.ts'])(
      'given /assets/%s, when it is asked for, then there is nothing',
      async (path) => {
        const response = await fetch(`${service.url}/assets/${path}`);

        expect(response.status).toBe(404);
        expect(await response.json()).toMatchObject({ error: 'invalid_request' });
      },
    );
  });

  describe('headers', () => {
    it.each(['/login', '/authorize', '/nothing'])(
      'given %s, when a browser opens it, then it is locked down',
      async (path) => {
        const response = await fetch(`${service.url}${path}`, { headers: html });

        const policy = response.headers.get('content-security-policy') ?? '';
        expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
        expect(policy).toContain("default-src 'none'");
        expect(policy).toContain("frame-ancestors 'none'");
        expect(policy).not.toMatch(/unsafe-|https?:|form-action/);
        expect(response.headers.get('x-content-type-options')).toBe('nosniff');
        expect(response.headers.get('referrer-policy')).toBe('no-referrer');
        expect(response.headers.get('cache-control')).toBe('no-store');
      },
    );

    it('given the login page, when it is read, then nothing in it needs an exception from the policy', async () => {
      const page = await (await fetch(`${service.url}/login`)).text();

      expect(page).not.toMatch(/<style|<script(?![^>]* src="\/assets\/)|\sstyle=|\son\w+=|https?:\/\//);
    });
  });

  describe('the error page', () => {
    const catalogue: Readonly<Record<string, ErrorDefinition>> = oauthErrors;
    const base = 'client_id=demo-spa&redirect_uri=http://127.0.0.1/callback&response_type=code';
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

    it.each([
      ['client_unknown', 'client_id=nobody'],
      ['redirect_uri_unregistered', 'client_id=demo-spa&redirect_uri=https://evil.example/'],
      ['state_required', base],
      ['code_challenge_required', `${base}&state=s`],
      ['code_challenge_method_unsupported', `${base}&state=s&code_challenge=${challenge}&code_challenge_method=plain`],
      ['code_challenge_malformed', `${base}&state=s&code_challenge=short&code_challenge_method=S256`],
      ['parameter_repeated', `${base}&state=s&state=s`],
    ])('given %s, when a browser makes it, then the page names it and how to fix it', async (reason, query) => {
      const response = await fetch(`${service.url}/authorize?${query}`, { headers: html, redirect: 'manual' });

      const page = await response.text();
      expect(response.status).toBe(400);
      expect(page).toContain(`<code>${reason}</code>`);
      expect(page).toContain(`<h2>How to fix it</h2>\n<p>${catalogue[reason]?.hint}</p>`);
    });

    it('given markup in the request, when it is refused, then nothing of it is shown', async () => {
      const response = await fetch(`${service.url}/authorize?client_id=%3Cscript%3Ealert(1)%3C/script%3E`, {
        headers: html,
      });

      expect(await response.text()).not.toContain('alert(1)');
    });
  });
});
