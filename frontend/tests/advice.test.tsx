// @vitest-environment happy-dom
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { useCounsel } from '@/api/reading';
import { counsel as shape, type Counsel } from '@/contract/counsel';
import { startLanguages } from '@/i18n/language';
import { Questions } from '@/rooms/viewer/advice/Questions';
import { click, fixture, radiologist, settle, showPage, until, type Asked, type Shown } from './showing';

vi.setConfig({ testTimeout: 60_000 });

const held = shape.parse(fixture('counsel'));
const NAMES = ['first', 'second'];
const ask = (answers: Record<string, boolean>, version: number): Counsel => ({
  ...held,
  version,
  questions: NAMES.map((name) => ({
    name,
    kind: 'yes_no' as const,
    title: { en: name, zh: `${name} 中` },
    why: { en: 'why', zh: '为何' },
    finding_id: null,
    unit: null,
    options: [],
    least: null,
    most: null,
    known: null,
    needed: true,
    answer: answers[name] ?? null,
  })) as Counsel['questions'],
});

/** A server that keeps answers as the real one does: on the version that they were given on. */
class Server {
  answers: Record<string, boolean> = {};
  version = 0;
  /** Replies that wait until somebody lets them go. */
  waiting: (() => void)[] = [];
  slow: (asked: Asked) => boolean = () => false;

  say = (asked: Asked): unknown => {
    if (asked.method === 'POST') {
      const { version, of_patient } = asked.body as { version: number; of_patient: Record<string, boolean> };
      if (version !== this.version) {
        return new Response(JSON.stringify({ code: 'conflict', detail: { en: 'other answers', zh: '其他回答' } }), { status: 409 });
      }
      this.version += 1;
      this.answers = { ...this.answers, ...of_patient };
    }
    const now = ask(this.answers, this.version);
    return this.slow(asked) ? new Promise((done) => this.waiting.push(() => done(now))) : now;
  };
}

function Asking() {
  const { data } = useCounsel(held.result_id);
  return data === undefined ? null : <Questions title={null} questions={data.questions} counsel={data} mayAnswer entryOf={() => null} />;
}

let here: Shown | undefined;
let server: Server;
beforeAll(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  await startLanguages();
});
beforeEach(async () => {
  server = new Server();
  here = await showPage(<Asking />, server.say, { who: radiologist });
  await until(() => radios('first').length === 2);
});
afterEach(() => here?.leave());

const radios = (name: string): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>(`[data-testid=question-${name}] input`)];
const sayYes = (name: string): Promise<void> => click(radios(name)[0] ?? document.body);
const isYes = (name: string): boolean => radios(name)[0]?.checked ?? false;

describe('answers to what advice asks', () => {
  it('are both stored when the second is given while the first is on its way', async () => {
    server.slow = ({ method }) => method === 'POST';
    await sayYes('first');
    await sayYes('second');
    server.slow = () => false;
    server.waiting.splice(0).forEach((go) => go());
    await until(() => isYes('first') && isYes('second'));
    expect(server.answers).toEqual({ first: true, second: true });
  });

  it('stay on the screen when advice that was asked for before comes after them', async () => {
    server.slow = ({ method }) => method === 'GET';
    void here?.client.invalidateQueries({ queryKey: ['counsel'] });
    await settle();
    expect(server.waiting.length).toBe(1);
    server.slow = () => false;
    await sayYes('first');
    await until(() => isYes('first'));
    server.waiting.splice(0).forEach((go) => go());
    await settle();
    expect(isYes('first')).toBe(true);
  });
});
