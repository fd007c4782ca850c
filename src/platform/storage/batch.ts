interface Asked<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Questions in one command. */
export const atMost = 50;
/** More than one, so that a command without an answer does not stop the others. */
const underWayAtMost = 2;

/**
 * Asks in one command what is asked for in one turn of the event loop, or while two commands are under way: each costs the driver
 * far more than a further document in it. `askAll`: answers in the order of the questions; an Error rejects its question alone.
 */
export class Batch<Question, Answer> {
  private asked: Asked<Question, Answer>[] = [];
  private underWay = 0;
  private readonly next = () => {
    while (this.asked.length > 0 && this.underWay < underWayAtMost) void this.askNext(this.asked.splice(0, atMost));
  };

  constructor(private readonly askAll: (questions: readonly Question[]) => Promise<readonly (Answer | Error)[]>) {}

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.asked.push({ question, resolve, reject }) === 1) setImmediate(this.next);
    });
  }

  private async askNext(asked: readonly Asked<Question, Answer>[]): Promise<void> {
    this.underWay += 1;
    try {
      const answers = await this.askAll(asked.map(({ question }) => question));
      asked.forEach(({ resolve, reject }, at) => {
        const answer = answers[at] as Answer | Error;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      });
    } catch (error) {
      for (const { reject } of asked) reject(error);
    } finally {
      this.underWay -= 1;
      if (this.asked.length > 0) setImmediate(this.next);
    }
  }
}
