import { describe, expect, it } from '@jest/globals';
import { canonicalResource, isSameResource } from './resource-identifier';

describe('a resource identifier', () => {
  it.each([
    ['https://notes.example/v1', 'https://notes.example/v1'],
    ['https://notes.example/', 'https://notes.example/'],
    ['https://notes.example', 'https://notes.example/'],
    ['https://notes.example:8443', 'https://notes.example:8443/'],
    ['https://notes.example?tenant=a', 'https://notes.example/?tenant=a'],
    ['https://notes.example/v1/', 'https://notes.example/v1/'],
    ['HTTPS://Notes.example/a%2fb', 'HTTPS://Notes.example/a%2fb'],
    ['http://[::1]:3000', 'http://[::1]:3000/'],
    ['urn:example:notes', 'urn:example:notes'],
    ['api://notes', 'api://notes/'],
  ])('given %j, when it is read, then it is known as %j', (resource, canonical) => {
    expect(canonicalResource(resource)).toBe(canonical);
  });

  it.each([
    '',
    'notes',
    '/v1',
    '//notes.example/',
    'https://notes.example/#top',
    'https://notes.example/#',
    'https://',
    'https://notes.example/ a',
    ' https://notes.example/',
    'https://notes.example/\n',
    'https://notes.example/\0',
    'https://nötes.example/',
    'https://notes.example/"',
    '{"$ne":null}',
    '__proto__',
    `https://notes.example/${'a'.repeat(491)}`,
  ])('given %j, when it is read, then it is none', (resource) => {
    expect(canonicalResource(resource)).toBeUndefined();
  });
});

describe('two resource identifiers', () => {
  it.each([
    ['https://auth.example', 'https://auth.example', true],
    ['https://auth.example/', 'https://auth.example', true],
    ['HTTPS://Auth.Example', 'https://auth.example', true],
    ['https://auth.example:443', 'https://auth.example', true],
    ['https://auth.example/a/..', 'https://auth.example', true],
    ['https://auth.example/a/%2E%2e', 'https://auth.example', true],
    ['https://auth.example/a', 'https://auth.example', false],
    ['https://auth.example?', 'https://auth.example', false],
    ['https://auth.example:8443', 'https://auth.example', false],
    ['http://auth.example', 'https://auth.example', false],
    ['https://user@auth.example', 'https://auth.example', false],
    ['auth.example', 'https://auth.example', false],
    ['', '', false],
  ])('given %j and %j, when they are compared, then to readers of URLs they are the same: %j', (one, other, same) => {
    expect([isSameResource(one, other), isSameResource(other, one)]).toEqual([same, same]);
  });
});
