import { describe, expect, it } from '@jest/globals';
import { atMost, Batch } from './batch';

const turn = () => new Promise(setImmediate);

describe('a batch', () => {
  const asked: number[][] = [];
  const doubled = new Batch<number, number>(async (questions) => {
    asked.push([...questions]);
    if (questions.includes(0)) throw new Error('none of them');
    return questions.map((question) => (question < 0 ? new Error('not this one') : 2 * question));
  });
  const outcomes = async (questions: readonly number[]) => {
    asked.length = 0;
    const settled = await Promise.allSettled(questions.map((question) => doubled.ask(question)));
    return settled.map((each) => (each.status === 'fulfilled' ? each.value : (each.reason as Error).message));
  };

  it('given questions of one turn, when they are asked, then together, and each gets its own answer or error', async () => {
    expect(await outcomes([1, -2, 3])).toEqual([2, 'not this one', 6]);
    expect(asked).toEqual([[1, -2, 3]]);
  });

  it('given questions of two turns, when they are asked, then the later ones apart', async () => {
    await Promise.all([outcomes([1]), turn().then(() => doubled.ask(2))]);

    expect(asked).toEqual([[1], [2]]);
  });

  it('given two commands under way, when more is asked, then it waits for one of them, and goes together', async () => {
    const answers: (() => void)[] = [];
    const sizes: number[] = [];
    const slow = new Batch<number, number>(async (questions) => {
      sizes.push(questions.length);
      await new Promise<void>((resolve) => answers.push(resolve));
      return questions;
    });
    const all: Promise<number>[] = [];
    for (let question = 0; question < 5; question += 1) {
      all.push(slow.ask(question));
      await turn();
    }
    expect(sizes).toEqual([1, 1]);

    answers[1]?.();
    await turn();
    await turn();

    expect(sizes).toEqual([1, 1, 3]);
    for (const answer of answers) answer();
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4]);
  });

  it('given a command that fails, when its questions are asked, then all of them fail', async () => {
    expect(await outcomes([1, 0])).toEqual(['none of them', 'none of them']);
  });

  it('given more than one command may hold, when they are asked in one turn, then in several', async () => {
    const many = Array.from({ length: 2 * atMost + 1 }, (_, at) => at + 1);

    expect(await outcomes(many)).toEqual(many.map((each) => 2 * each));
    expect(asked.map(({ length }) => length)).toEqual([atMost, atMost, 1]);
  });
});
