// @vitest-environment happy-dom
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { useCorrect } from '@/api/reading';
import { useResults } from '@/api/study';
import { corrections as correctionsShape } from '@/contract/corrections';
import { studyResults, type Finding } from '@/contract/results';
import { startLanguages } from '@/i18n/language';
import { useReviewing } from '@/rooms/viewer/useReviewing';
import { click, first, fixture, radiologist, settle, showPage, until, type Asked, type Shown } from './showing';

vi.setConfig({ testTimeout: 60_000 });

const STUDY = 'of-the-study';
const held = studyResults.parse(fixture('results'));
const corrections = correctionsShape.parse(fixture('corrections'));
const original = held.results.flatMap(({ findings }) => findings)[0] as Finding;

/** A server on which a correction makes another version of a finding, and a word on an older one is refused. */
class Server {
  version = original.version;
  state: Finding['review']['state'] = 'unreviewed';
  refusesCorrections = false;
  /** Lets the correction that waits go on. */
  goOn: () => void = () => undefined;

  private get finding(): Finding {
    return { ...original, version: this.version, review: { ...original.review, state: this.state } };
  }

  say = (asked: Asked): unknown => {
    if (asked.path.endsWith('/corrections/') && asked.method === 'POST') {
      return new Promise((done) => {
        this.goOn = () => {
          if (this.refusesCorrections) {
            this.version += 1; // somebody else was first
            done(refused());
          } else {
            this.version += 1;
            done(corrections);
          }
        };
      });
    }
    if (asked.path.endsWith('/review/')) {
      if ((asked.body as { version: number }).version !== this.version) {
        return refused();
      }
      this.state = 'accepted';
      return this.finding;
    }
    return asked.path.endsWith('/results/') ? { results: held.results.map((one) => ({ ...one, findings: one.findings.map((old) => (old.finding_id === original.finding_id ? this.finding : old)) })) } : corrections;
  };
}

const refused = (): Response => new Response(JSON.stringify({ code: 'conflict', detail: { en: 'changed meanwhile', zh: '已更改' } }), { status: 409 });

function Reading() {
  const { data } = useResults(STUDY);
  const { mutate } = useCorrect(STUDY, 'r');
  const { accept } = useReviewing(STUDY);
  const finding = data?.results.flatMap(({ findings }) => findings).find(({ finding_id }) => finding_id === original.finding_id);
  return finding === undefined ? null : (
    <>
      <button type="button" data-testid="correct" onClick={() => mutate({ kind: 'undo', version: 0, accept: false })} />
      <button type="button" data-testid="accept" onClick={() => accept(finding)} />
    </>
  );
}

let here: Shown;
let server: Server;
const reviews = (): Asked[] => here.asked.filter(({ path }) => path.endsWith('/review/'));
beforeAll(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  await startLanguages();
});
beforeEach(async () => {
  server = new Server();
  here = await showPage(<Reading />, server.say, { who: radiologist });
});
afterEach(() => here.leave());

describe('a word on a finding', () => {
  it('that is given while one’s own correction is on its way is about what that made of it', async () => {
    await click(first(here.box, 'correct'));
    await click(first(here.box, 'accept'));
    expect(reviews()).toEqual([]);
    server.goOn();
    await until(() => server.state === 'accepted');
    expect(reviews().length).toBe(1);
  });

  it('is refused when somebody else’s change came between', async () => {
    server.refusesCorrections = true;
    await click(first(here.box, 'correct'));
    await click(first(here.box, 'accept'));
    server.goOn();
    await until(() => reviews().length > 0);
    await settle();
    expect(server.state).toBe('unreviewed');
  });

  it('is sent at once when nothing is on its way', async () => {
    await click(first(here.box, 'accept'));
    expect(server.state).toBe('accepted');
  });
});
