import { describe, expect, it } from '@jest/globals';
import { canonicalResource } from './resource-identifier';

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
