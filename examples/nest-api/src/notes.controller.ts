import { BadRequestException, Body, Controller, Get, Post, Req, UseGuards } from '@nestjs/common';
import { accessTokenOf, requireAccessToken } from '@tessera/client/server/nestjs';
import { notesApi } from './notes-api.ts';

/** Each route says which scope it needs; whose notes it is about, the token says. */
@Controller('notes')
export class NotesController {
  private readonly notes = new Map<string, readonly string[]>();

  @Get()
  @UseGuards(requireAccessToken(notesApi, { scopes: ['notes:read'] }))
  list(@Req() request: object) {
    return { notes: this.notesOf(request) };
  }

  @Post()
  @UseGuards(requireAccessToken(notesApi, { scopes: ['notes:write'] }))
  add(@Req() request: object, @Body() body: unknown) {
    const text: unknown = Object(body)['text'];
    if (typeof text !== 'string' || text.length > 1_000) throw new BadRequestException('text: up to 1000 characters');
    const notes = [...this.notesOf(request), text].slice(-100);
    this.notes.set(accessTokenOf(request).subject, notes);
    return { notes };
  }

  @Get('count')
  @UseGuards(requireAccessToken(notesApi, { scopes: ['notes:count'] }))
  count() {
    return { count: [...this.notes.values()].flat().length };
  }

  private notesOf(request: object): readonly string[] {
    return this.notes.get(accessTokenOf(request).subject) ?? [];
  }
}
