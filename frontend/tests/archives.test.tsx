// @vitest-environment happy-dom
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { refusedBy } from '@/api/http';
import { RefusedError, UnreachableError } from '@/api/failures';
import { archiveAnswer, archivedStudies, ownTitles, retrievals as retrievalsWire, sourceArchives, type RetrievalWindow } from '@/contract/archives';
import { startLanguages } from '@/i18n/language';
import { ArchivesPage } from '@/rooms/archives/ArchivesPage';
import { draftOf, faultsOf, orderOf } from '@/rooms/archives/draft';
import { faultsOf as questionFaults, NO_QUESTION, queryOf } from '@/rooms/archives/question';
import { isOpen } from '@/rooms/archives/window';
import { sectionsOf } from '@/ui/pages';
import { administrator, all, click, first, fixture, radiologist, showPage, until, write, type Asked, type Shown } from './showing';

const { archives } = sourceArchives.parse(fixture('archives'));
const { studies } = archivedStudies.parse(fixture('archive-studies'));
const { retrievals } = retrievalsWire.parse(fixture('retrievals'));
const PACS = archives.find(({ name }) => name === 'PACS');
const VNA = archives.find(({ name }) => name === 'VNA');
if (PACS === undefined || VNA === undefined) {
  throw new Error('the fixture lacks its archives');
}

/** The form has many fields, and the machine may be busy. */
vi.setConfig({ testTimeout: 60_000 });

let here: Shown | undefined;
beforeAll(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  Element.prototype.scrollIntoView = () => undefined;
  await startLanguages();
});
afterEach(() => {
  here?.leave();
  here = undefined;
});

const refusal = (status: number, code: string, en: string): Response => new Response(JSON.stringify({ code, detail: { en, zh: `中文：${en}` } }), { status });
const answers =
  (changed: (asked: Asked) => unknown = () => undefined) =>
  (asked: Asked): unknown => {
    const { method, path } = asked;
    const said = changed(asked);
    if (said !== undefined) {
      return said;
    }
    if (path.endsWith('/test/')) return fixture('archive-silent');
    if (path.startsWith('/api/v1/archives/titles/')) return fixture('own-titles');
    if (path.endsWith('/query/')) return { studies };
    if (path.endsWith('/cancel/')) return fixture('retrieval');
    if (path.startsWith('/api/v1/retrievals/')) return { retrievals: method === 'POST' ? retrievals.slice(0, 1) : retrievals };
    return method === 'GET' ? { archives } : fixture('archive');
  };
const sent = (method: string, end: string): Asked | undefined => here?.asked.find((one) => one.method === method && one.path.endsWith(end));

const show = async (at: string, wanted: string, changed?: (asked: Asked) => unknown, language: 'en' | 'zh' = 'en'): Promise<HTMLElement> => {
  here = await showPage(<ArchivesPage />, answers(changed), { at, language });
  const { box } = here;
  await until(() => all(box, wanted).length > 0);
  return box;
};
const rowOf = (box: HTMLElement, id: string): HTMLElement => box.querySelector<HTMLElement>(`[data-archive="${id}"]`) ?? box;
const field = (name: string): HTMLElement => first(document.body, `field-${name}`);

describe('who is led to the archives', () => {
  it('is a hospital’s administrator, and nobody else', () => {
    expect(sectionsOf(administrator).find(({ name }) => name === 'archives')?.pages).toEqual(['/archives']);
    expect(sectionsOf({ ...radiologist, permissions: ['platform.operate'] }).map(({ name }) => name)).not.toContain('archives');
  });
});

describe('the list of archives', () => {
  it('says kind, address, window and cap in words', async () => {
    const box = await show('/', 'archive-row');
    expect(all(box, 'archive-row')).toHaveLength(3);
    const pacs = rowOf(box, PACS.id).textContent;
    expect(pacs).toContain('C-MOVE');
    expect(pacs).toContain('PACS_SCP@10.20.0.5:104');
    expect(pacs).toContain('Mon–Fri, 22:00 to 06:00 of the next day (Asia/Shanghai)');
    expect(pacs).toContain('at most 50 Mbit/s');
    expect(pacs).toContain('Answers');
    expect(pacs).toContain('by C-ECHO, 20 Nov 2026');
    const vna = rowOf(box, VNA.id).textContent;
    expect(vna).toContain('Not tested yet as it is entered');
    expect(vna).toContain('https://vna.hospital.example/dicom-web');
    expect(vna).toContain('at every hour');
    expect(vna).toContain('no cap');
    expect(first(box, 'archives').textContent).toContain('Sat, Sun, the whole day');
    expect(first(box, 'archives').textContent).toContain('Switched off');
  });

  it('says the same in Chinese', async () => {
    const box = await show('/', 'archive-row', undefined, 'zh');
    expect(rowOf(box, PACS.id).textContent).toContain('周一–周五，22:00 至次日 06:00（Asia/Shanghai）');
  });

  it('says in words how a test went', async () => {
    const tested = new Map<string, object>();
    const box = await show('/', 'archive-row', ({ path }) => {
      const asked = archives.find(({ id }) => path === `/api/v1/archives/${id}/test/`);
      if (asked !== undefined) {
        const said = archiveAnswer.parse(fixture(asked === VNA ? 'archive-answers' : 'archive-silent'));
        tested.set(asked.id, { ...said, at: '2026-11-22T08:00:00Z' });
        return said;
      }
      return path === '/api/v1/archives/' ? { archives: archives.map((one) => ({ ...one, last_test: tested.get(one.id) ?? null })) } : undefined;
    });
    await click(first(rowOf(box, PACS.id), 'test-archive'));
    await until(() => all(rowOf(box, PACS.id), 'test-error').length > 0);
    expect(rowOf(box, PACS.id).textContent).toContain('Does not answer as asked');
    expect(rowOf(box, PACS.id).textContent).toContain('It says: 10.20.0.5:104 refused the connection');
    await click(first(rowOf(box, VNA.id), 'test-archive'));
    await until(() => all(rowOf(box, VNA.id), 'test-mark').length > 0);
    expect(rowOf(box, VNA.id).textContent).toContain('by QIDO-RS');
    expect(first(rowOf(box, VNA.id), 'test-mark').textContent).toBe('Answers');
  });

  it('says what to do where there is none', async () => {
    const box = await show('/', 'empty', ({ path }) => (path === '/api/v1/archives/' ? { archives: [] } : undefined));
    expect(first(box, 'empty').textContent).toContain('Add the hospital’s PACS');
  });
});

describe('the hospital’s own AE titles', () => {
  it('name the archives that need them, and one that none needs is given back after a question', async () => {
    const left = ownTitles.parse(fixture('own-titles'));
    const box = await show('/', 'own-title', ({ method }) => (method === 'DELETE' ? { titles: left.titles.slice(0, 1) } : undefined));
    const [used, unused] = all(box, 'own-title');
    expect(used?.textContent).toContain('Needed by Old archive, PACS');
    expect(all(used ?? box, 'give-title-back')).toHaveLength(0);
    await click(first(unused ?? box, 'give-title-back'));
    expect(first(document.body, 'title-question').textContent).toContain('audit trail');
    expect(sent('DELETE', '/')).toBeUndefined();
    await click(first(document.body, 'title-confirm'));
    expect(sent('DELETE', `/archives/titles/${left.titles[1]?.id ?? ''}/`)).toBeDefined();
    await until(() => all(box, 'own-title').length === 1);
  });

  it('say why one stays', async () => {
    const box = await show('/', 'own-title', ({ method }) => (method === 'DELETE' ? refusal(409, 'title_in_use', 'CENTRAL_OLD is in use by VNA: enter another title there first.') : undefined));
    await click(first(box, 'give-title-back'));
    await click(first(document.body, 'title-confirm'));
    await until(() => all(document.body, 'title-refused').length > 0);
    expect(first(document.body, 'title-refused').textContent).toContain('is in use by VNA');
  });
});

describe('the form of an archive', () => {
  it('says at each field what is missing, and sends nothing until it is whole', async () => {
    const box = await show('/', 'archive-row');
    await click(first(box, 'add-archive'));
    await click(first(document.body, 'archive-confirm'));
    const dialog = first(document.body, 'archive-dialog');
    expect(dialog.textContent).toContain('This is needed.');
    expect(dialog.textContent).toContain('An AE title has 1 to 16 ASCII characters');
    expect(field('host').getAttribute('aria-invalid')).toBe('true');
    expect(document.activeElement).toBe(field('name'));
    expect(field('port').getAttribute('aria-invalid')).not.toBe('true');
    expect(sent('POST', '/archives/')).toBeUndefined();
    await write(field('name'), ' Night PACS ');
    await write(field('host'), 'pacs');
    await write(field('called_ae_title'), 'PACS');
    await write(field('cap'), '2.5');
    await click(first(document.body, 'archive-confirm'));
    expect(sent('POST', '/archives/')?.body).toMatchObject({ name: 'Night PACS', method: 'c_move', host: 'pacs', port: 104, called_ae_title: 'PACS', bits_per_s: 2_500_000, secret: null, window: { days: [1, 2, 3, 4, 5, 6, 7], opens: '22:00', closes: '06:00' } });
  });

  it('changes an archive, and puts a refusal at the field that it is about', async () => {
    const box = await show('/', 'archive-row', ({ method }) => (method === 'PUT' ? refusal(400, 'bad_input', "name: there is an archive named 'VNA' already") : undefined));
    await click(first(rowOf(box, PACS.id), 'change-archive'));
    await write(field('name'), 'VNA');
    await click(first(document.body, 'archive-confirm'));
    await until(() => field('name').getAttribute('aria-invalid') === 'true');
    expect(sent('PUT', `/archives/${PACS.id}/`)?.body).toMatchObject({ name: 'VNA', window: PACS.window, bits_per_s: 50_000_000 });
    expect(first(document.body, 'archive-dialog').textContent).toContain('there is an archive named');
    expect(all(document.body, 'archive-refused')).toHaveLength(0);
  });

  it('gives back what it was given, field by field', () => {
    for (const { id: _id, has_secret: _kept, last_test: _test, ...said } of archives) {
      const draft = draftOf({ id: _id, has_secret: _kept, last_test: _test, ...said }, 'Asia/Shanghai');
      expect(faultsOf(draft)).toEqual({});
      expect(orderOf(draft)).toEqual({ ...said, secret: null });
    }
  });

  it('holds against an archive what the platform does', () => {
    const draft = draftOf(PACS, 'Asia/Shanghai');
    expect(faultsOf({ ...draft, port: '', calling_ae_title: 'SEVENTEEN_LETTERS', days: [], opens: '9', time_zone: 'Mars/Base', cap: 0.01, max_associations: 9 })).toEqual({ port: 'port', calling_ae_title: 'title', days: 'days', opens: 'clock', time_zone: 'zone', cap: 'cap', max_associations: 'associations' });
    expect(faultsOf({ ...draft, hasWindow: false, opens: '' })).toEqual({});
    expect(faultsOf({ ...draft, method: 'wado_rs', host: '', base_url: 'https://me:secret@pacs' })).toEqual({ base_url: 'url' });
  });
});

describe('a window', () => {
  const night: RetrievalWindow = { days: [5], opens: '22:00', closes: '06:00', time_zone: 'Asia/Shanghai' };
  const open = (window: RetrievalWindow, at: string): boolean | null => isOpen(window, new Date(at));

  it('over midnight belongs to the day of its beginning, by the hospital’s clock', () => {
    expect(open(night, '2026-11-20T13:59:00Z')).toBe(false);
    expect(open(night, '2026-11-20T14:00:00Z')).toBe(true);
    expect(open(night, '2026-11-20T21:59:00Z')).toBe(true);
    expect(open(night, '2026-11-20T22:00:00Z')).toBe(false);
    expect(open({ ...night, days: [7] }, '2026-11-22T17:00:00Z')).toBe(true);
  });

  it('of equal ends is the whole day, and in an unknown zone it is unknown', () => {
    expect(open({ ...night, closes: '22:00' }, '2026-11-20T01:00:00Z')).toBe(true);
    expect(open({ ...night, time_zone: 'Mars/Base' }, '2026-11-20T01:00:00Z')).toBeNull();
  });
});

describe('a search', () => {
  it('needs a bound and takes no pattern', () => {
    expect(questionFaults(NO_QUESTION)).toEqual({ patient_id: 'bound' });
    expect(questionFaults({ ...NO_QUESTION, accession_number: 'A*', from_date: '2024-02-02', until_date: '2024-02-01', study_instance_uid: '1.2a' })).toEqual({ accession_number: 'pattern', until_date: 'order', study_instance_uid: 'uid' });
    expect(queryOf({ ...NO_QUESTION, patient_id: ' P1 ', issuer_of_patient_id: 'HIS' })).toEqual({ patient_id: 'P1', issuer_of_patient_id: 'HIS' });
  });

  it('shows what the archive holds, and fetches what is chosen', async () => {
    const box = await show('/?tab=search', 'ask-archive');
    await click(first(box, 'ask-archive'));
    expect(box.textContent).toContain('Ask for a patient ID, an accession number');
    expect(sent('POST', '/query/')).toBeUndefined();
    await write(first(box, 'question-patient_id'), 'P0001');
    await write(first(box, 'question-issuer_of_patient_id'), 'HIS');
    await click(first(box, 'ask-archive'));
    await until(() => all(box, 'found-row').length > 0);
    expect(sent('POST', `/archives/${PACS.id}/query/`)?.body).toEqual({ patient_id: 'P0001', issuer_of_patient_id: 'HIS' });
    const rows = all(box, 'found-row').map(({ textContent }) => textContent);
    expect(rows[0]).toContain('CT · Chest CT');
    expect(rows[0]).toContain('412 images');
    expect(rows[1]).toContain('All here');
    expect(rows[2]).toContain('not stated');
    await click(first(box, 'choose-missing'));
    await click(first(box, 'fetch'));
    expect(sent('POST', '/retrievals/')?.body).toEqual({ archive_id: PACS.id, outside_window: false, study_instance_uids: ['1.2.840.99999.1.1', '1.2.840.99999.1.3'] });
    await until(() => all(box, 'requests').length > 0);
    expect(all(box, 'requests')).toHaveLength(1);
  });

  it('shows the words of an archive that does not answer', async () => {
    const box = await show('/?tab=search', 'ask-archive', ({ path }) => (path.endsWith('/query/') ? refusal(502, 'archive', 'The archive did not answer as asked: connection refused.') : undefined));
    await write(first(box, 'question-accession_number'), 'A1');
    await click(first(box, 'ask-archive'));
    await until(() => all(box, 'question-refused').length > 0);
    expect(first(box, 'question-refused').textContent).toBe('The archive did not answer as asked: connection refused.');
  });

  it('a 502 of what stands in between is still nobody’s answer', () => {
    expect(refusedBy(502, { code: 'archive', detail: { en: 'a', zh: 'b' } })).toBeInstanceOf(RefusedError);
    expect(refusedBy(502, null)).toBeInstanceOf(UnreachableError);
    expect(refusedBy(503, { code: 'away', detail: { en: 'a', zh: 'b' } })).toBeInstanceOf(UnreachableError);
  });
});

describe('the requests', () => {
  it('say their state, what they wait for, how far they are and the peer’s words', async () => {
    const always = archives.map((one) => (one.name === 'PACS' ? { ...one, window: { ...one.window, time_zone: 'Mars/Base' } } : one));
    const box = await show('/?tab=requests', 'request-row', ({ path }) => (path === '/api/v1/archives/' ? { archives: always } : undefined));
    const rows = all(box, 'request-row');
    expect(rows.map((row) => first(row, 'retrieval-state').textContent)).toEqual(['Waiting', 'Retrieving', 'Complete', 'Incomplete', 'Failed', 'Cancelled']);
    expect(first(box, 'waits-for').textContent).toContain('Waits for the window: Mon–Fri, 22:00 to 06:00');
    expect(rows[1]?.textContent).toContain('103 of 412');
    expect(rows[1]?.textContent).toContain('a reader waits for it');
    expect(rows[3]?.textContent).toContain('It says: the archive ended C-MOVE with status 0xB000');
    expect(rows[3]?.textContent).toContain('12 were not sent');
    expect(rows[4]?.textContent).not.toContain('not counted');
    expect(first(box, 'under-way').textContent).toBe('2 on their way');
    expect(rows.map((row) => all(row, 'cancel-request').length)).toEqual([1, 1, 0, 0, 0, 0]);
  });

  it('can be given up', async () => {
    const box = await show('/?tab=requests', 'request-row');
    await click(first(box, 'cancel-request'));
    expect(sent('POST', `/retrievals/${retrievals[0]?.id ?? ''}/cancel/`)).toBeDefined();
  });

  it('are looked at again by themselves while something is on its way', async () => {
    let looks = 0;
    const box = await show('/?tab=requests', 'request-row', ({ path, method }) => {
      if (path !== '/api/v1/retrievals/' || method !== 'GET') {
        return undefined;
      }
      looks += 1;
      return { retrievals: looks > 1 ? retrievals.slice(2) : retrievals };
    });
    await until(() => all(box, 'request-row').length === 4);
    expect(looks).toBe(2);
    expect(first(box, 'under-way').textContent).toBe('0 on their way');
  });

  it('are made from a list as it was pasted, and a refusal stands at the list', async () => {
    let isRefused = true;
    const box = await show('/?tab=requests', 'request-row', ({ path, method }) => (path === '/api/v1/retrievals/' && method === 'POST' && isRefused ? refusal(400, 'bad_input', 'line 2: name a study') : undefined));
    await click(first(box, 'paste-list'));
    await write(first(document.body, 'paste'), 'accession_number\nA1\nA2');
    await click(first(document.body, 'list-at-once'));
    await click(first(document.body, 'list-confirm'));
    await until(() => document.body.textContent.includes('line 2: name a study'));
    expect(first(document.body, 'list-dialog').textContent).toContain('line 2: name a study');
    isRefused = false;
    await click(first(document.body, 'list-confirm'));
    expect(sent('POST', '/retrievals/')?.body).toEqual({ archive_id: PACS.id, outside_window: true, csv: 'accession_number\nA1\nA2' });
    await until(() => document.body.querySelector('[data-testid=list-dialog] form') === null);
    expect(document.body.querySelector('[data-testid=list-dialog] form')).toBeNull();
  });
});
