// @vitest-environment happy-dom
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { guidelines, guidelineTables } from '@/contract/counsel';
import { criticalNotices, reportTemplates, risConnections, type CriticalNotice } from '@/contract/reports';
import { startLanguages } from '@/i18n/language';
import { addressOf, draftOf, faultsOf, orderOf, switched } from '@/rooms/reporting/connection';
import { CriticalPage, waitedS } from '@/rooms/reporting/CriticalPage';
import { GuidelinesPage } from '@/rooms/reporting/GuidelinesPage';
import { inLanguage, unnamed } from '@/rooms/reporting/layout';
import { moved } from '@/rooms/reporting/order';
import { RisPage } from '@/rooms/reporting/RisPage';
import { TemplatesPage } from '@/rooms/reporting/TemplatesPage';
import { sectionsOf } from '@/ui/pages';
import { administrator, all, click, first, fixture, press, radiologist, showPage, until, write, type Asked, type Shown } from './showing';

/** The forms have many fields, and the machine may be busy. */
vi.setConfig({ testTimeout: 60_000 });

const known = {
  '/api/v1/critical-notices/': criticalNotices.parse(fixture('critical-notices')),
  '/api/v1/ris-connections/': risConnections.parse(fixture('ris-connections')),
  '/api/v1/report-templates/': reportTemplates.parse(fixture('report-templates')),
  '/api/v1/guidelines/': guidelines.parse(fixture('guidelines')),
  '/api/v1/guidelines/tables/': guidelineTables.parse(fixture('guideline-tables')),
};
const { notices } = known['/api/v1/critical-notices/'];
const { connections } = known['/api/v1/ris-connections/'];
const [MLLP, FHIR] = connections;
const [OPEN, TOLD, ACKNOWLEDGED, WITHDRAWN] = notices;
if (MLLP === undefined || FHIR === undefined || OPEN === undefined || TOLD === undefined || ACKNOWLEDGED === undefined || WITHDRAWN === undefined) {
  throw new Error('a fixture lacks what it is for');
}

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

const refusal = (status: number, en: string): Response => new Response(JSON.stringify({ code: 'bad_input', detail: { en, zh: `中文：${en}` } }), { status });
const sent = (method: string, end: string): Asked | undefined => here?.asked.find((one) => one.method === method && one.path.endsWith(end));

async function show(page: React.ReactNode, wanted: string, { changed = () => undefined as unknown, at = '/', who = administrator, language = 'en' as 'en' | 'zh' }: { changed?: (asked: Asked) => unknown; at?: string; who?: typeof administrator; language?: 'en' | 'zh' } = {}): Promise<HTMLElement> {
  const answers = (asked: Asked): unknown => changed(asked) ?? known[asked.path as keyof typeof known] ?? refusal(404, 'nothing of that kind');
  here = await showPage(page, answers, { at, who, language });
  const { box } = here;
  await until(() => all(box, wanted).length > 0);
  return box;
}

describe('who is led where', () => {
  it('an administrator to templates, guidelines and connections, which stand together', () => {
    expect(sectionsOf(administrator).find(({ name }) => name === 'reporting')?.pages).toEqual(['/report-templates', '/guidelines', '/ris']);
  });

  it('critical values name patients: only who looks at studies is led there', () => {
    const pages = (permissions: string[]) => sectionsOf({ ...radiologist, permissions }).flatMap((section) => section.pages);
    expect(pages(['study.view', 'platform.operate'])).toContain('/critical-values');
    expect(pages(['tenant.administer', 'platform.operate'])).not.toContain('/critical-values');
  });
});

describe('critical values', () => {
  const atMs = Date.parse(OPEN.raised_at) + 15 * 60_000;

  it('wait from when they were raised until they were acknowledged; a withdrawn one waits for nobody', () => {
    expect(waitedS(OPEN, atMs)).toBe(900);
    expect(waitedS(TOLD, atMs)).toBe(900);
    expect(waitedS(ACKNOWLEDGED, atMs)).toBe(660);
    expect(waitedS(WITHDRAWN, atMs)).toBeNull();
  });

  it('show those that wait, and all of them when asked', async () => {
    const box = await show(<CriticalPage />, 'notice-row', { who: radiologist });
    expect(all(box, 'notice-row').map((row) => row.dataset.state)).toEqual(['open', 'told']);
    expect(first(box, 'waiting').textContent).toContain('2');
    here?.leave();
    const whole = await show(<CriticalPage />, 'notice-row', { who: radiologist, at: '/?show=all', language: 'zh' });
    expect(all(whole, 'notice-row').map((row) => row.dataset.state)).toEqual(['open', 'told', 'acknowledged', 'withdrawn']);
    expect(whole.textContent).toContain('Measured anew: 8 mm.');
    expect(whole.textContent).toContain('已复述');
  });

  it('are walked by keys, and each leads to its study at the finding', async () => {
    const box = await show(<CriticalPage />, 'notice-row', { who: radiologist });
    const chosen = () => all(box, 'notice-row').findIndex((row) => row.dataset.selected !== undefined);
    expect(chosen()).toBe(0);
    await press('KeyJ');
    expect(chosen()).toBe(1);
    await press('KeyK');
    expect(chosen()).toBe(0);
    expect(first(box, 'open-notice').getAttribute('href')).toBe(`/v/${OPEN.study_id}?f=${OPEN.finding_id}`);
  });

  it('note who was told, and how a refusal reads', async () => {
    const box = await show(<CriticalPage />, 'notice-row', { who: radiologist, changed: ({ method }) => (method === 'POST' ? refusal(409, 'The notice is told already.') : undefined) });
    await click(first(box, 'say'));
    await until(() => all(document, 'critical-recipient').length > 0);
    await write(first(document, 'critical-recipient'), 'Dr Li, ward 7');
    await click(first(document, 'critical-tell'));
    await until(() => all(document, 'notice-refused').length > 0);
    expect(sent('POST', `${OPEN.notice_id}/tell/`)?.body).toEqual({ recipient: 'Dr Li, ward 7', way: 'phone', read_back: false });
    expect(first(document, 'notice-refused').textContent).toBe('The notice is told already.');
  });

  it('are no business of somebody who may only look', async () => {
    const box = await show(<CriticalPage />, 'notice-row', { who: { ...radiologist, permissions: ['study.view'] } });
    expect(all(box, 'say')).toEqual([]);
  });

  it('say that none waits, and that the list could not be loaded', async () => {
    const settled: CriticalNotice[] = [ACKNOWLEDGED];
    const box = await show(<CriticalPage />, 'empty', { who: radiologist, changed: ({ path }) => (path.endsWith('critical-notices/') ? { waiting: 0, notices: settled } : undefined) });
    expect(all(box, 'notice-row')).toEqual([]);
    here?.leave();
    await show(<CriticalPage />, 'failure', { who: radiologist, changed: () => refusal(500, 'The server failed.') });
    expect(document.body.textContent).toContain('The server failed.');
  });
});

describe('RIS connections', () => {
  it('are entered with what their kind needs, and nothing that HL7 would cut', () => {
    const empty = draftOf(null);
    expect(faultsOf(empty)).toEqual({ name: 'needed', host: 'needed' });
    expect(faultsOf({ ...empty, name: 'RIS', host: 'ris', port: 70_000 })).toEqual({ port: 'port' });
    expect(faultsOf({ ...empty, name: 'RIS', host: 'ris', receiving_facility: 'A^B' })).toEqual({ receiving_facility: 'separator' });
    expect(faultsOf({ ...empty, name: 'FHIR', kind: 'fhir', base_url: 'ftp://fhir.example' })).toEqual({ base_url: 'url' });
    expect(faultsOf({ ...empty, name: 'FHIR', kind: 'fhir', base_url: 'https://fhir.example/R4' })).toEqual({});
  });

  it('keep their token unless one is written', () => {
    expect(orderOf(draftOf(FHIR)).token).toBeNull();
    expect(orderOf({ ...draftOf(FHIR), token: ' new ' }).token).toBe('new');
    expect(switched(FHIR)).toMatchObject({ enabled: false, token: null, base_url: FHIR.base_url });
    expect(addressOf(MLLP)).toBe('10.0.0.9:2575');
  });

  it('are listed with the message that failed, in words, which is sent again', async () => {
    const box = await show(<RisPage />, 'connection-row', { changed: ({ method, path }) => (method === 'POST' && path.endsWith('/retry/') ? fixture('report-message') : undefined) });
    expect(all(box, 'connection-row')).toHaveLength(2);
    expect(first(box, 'message-error').textContent).toContain('RIS at 10.0.0.9:2575 cannot be reached');
    await click(first(box, 'retry-message'));
    expect(sent('POST', '/retry/')?.path).toBe('/api/v1/report-messages/0193a2b0-6a10-7000-8000-000000009001/retry/');
  });

  it('are switched off as they are', async () => {
    const box = await show(<RisPage />, 'connection-row', { changed: ({ method }) => (method === 'PUT' ? { ...MLLP, enabled: false } : undefined) });
    await click(first(box, 'switch-connection'));
    expect(sent('PUT', `${MLLP.connection_id}/`)?.body).toEqual(switched(MLLP));
  });

  it('are added by a key, and what the platform refuses stands in the form', async () => {
    await show(<RisPage />, 'connection-row', { changed: ({ method }) => (method === 'POST' ? refusal(400, "there is a connection named 'RIS' already") : undefined) });
    await press('KeyN');
    await until(() => all(document, 'connection-confirm').length > 0);
    await click(first(document, 'connection-confirm'));
    expect(here?.asked.some(({ method }) => method === 'POST')).toBe(false);
    await write(first(document, 'field-name'), 'RIS');
    await write(first(document, 'field-host'), 'ris.example');
    await click(first(document, 'connection-confirm'));
    await until(() => all(document, 'connection-refused').length > 0);
    expect(sent('POST', 'ris-connections/')?.body).toMatchObject({ name: 'RIS', kind: 'hl7_mllp', host: 'ris.example', port: 2575, token: null });
    expect(first(document, 'connection-refused').textContent).toContain('already');
  });

  it('say that there is none, and that they could not be loaded', async () => {
    await show(<RisPage />, 'empty', { changed: () => ({ connections: [], messages: [] }) });
    here?.leave();
    await show(<RisPage />, 'failure', { changed: () => refusal(500, 'The server failed.') });
  });
});

describe('guidelines', () => {
  it('move in their order, and no further than its ends', () => {
    expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c']);
    expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'b', 'c']);
  });

  it('show version and edition, and every rule with its id and conditions', async () => {
    const box = await show(<GuidelinesPage />, 'rule', { language: 'zh' });
    expect(first(box, 'table-panel').dataset.table).toBe('lung_rads_2022');
    const rules = known['/api/v1/guidelines/tables/'].apps.flatMap(({ tables }) => tables).find(({ name }) => name === 'lung_rads_2022');
    const ids = [...(rules?.excludes ?? []), ...(rules?.lists.flatMap((list) => list.rules) ?? [])].map(({ id }) => id);
    expect(all(box, 'rule').map((row) => row.dataset.rule)).toEqual(ids);
    const growing = all(box, 'rule').find((row) => row.dataset.rule === 'LR22-4B-SOLID-NEW-OR-GROWING');
    expect(growing?.textContent).toContain('≥ 8 mm（体积 ≥ 268 mm³）');
    expect(growing?.textContent).toContain('4B');
  });

  it('are searched by id or words', async () => {
    const box = await show(<GuidelinesPage />, 'rule', { at: '/?q=new-or-growing' });
    expect(all(box, 'rule').length).toBeGreaterThan(0);
    expect(all(box, 'rule').every((row) => row.dataset.rule?.includes('NEW-OR-GROWING'))).toBe(true);
  });

  it('are taken into use on the version that was seen; somebody else’s change is said', async () => {
    const box = await show(<GuidelinesPage />, 'use', { changed: ({ method }) => (method === 'PUT' ? refusal(409, 'Somebody else has changed this; look at it again.') : undefined) });
    await click(first(box, 'use'));
    expect(sent('PUT', 'guidelines/')?.body).toEqual({ app: 'lung_nodule', version: 2, in_use: ['lung_rads_2022', 'fleischner_2017'] });
    await until(() => all(box, 'guidelines-refused').length > 0);
    expect(first(box, 'guidelines-refused').textContent).toContain('Somebody else');
  });

  it('say that none is in use, that no app advises, and that they could not be loaded', async () => {
    await show(<GuidelinesPage />, 'none-in-use', { changed: ({ path }) => (path.endsWith('/guidelines/') ? fixture('guidelines-none') : undefined) });
    here?.leave();
    await show(<GuidelinesPage />, 'empty', { changed: () => ({ apps: [] }) });
    here?.leave();
    await show(<GuidelinesPage />, 'failure', { changed: () => refusal(500, 'The server failed.') });
  });
});

describe('report templates', () => {
  it('print the other language where one is empty, and lack a word where both are', () => {
    const [template] = known['/api/v1/report-templates/'].templates;
    if (template === undefined) throw new Error('no template');
    expect(inLanguage({ en: 'Findings', zh: '' }, 'zh')).toBe('Findings');
    expect(unnamed(template)).toEqual([]);
    expect(unnamed({ ...template, title: { en: ' ', zh: '' } })).toEqual(['title']);
  });

  it('show the page while it is written, sections in their order, in either language', async () => {
    const box = await show(<TemplatesPage />, 'paper', { language: 'zh' });
    expect(first(box, 'paper-header').textContent).toBe('市医院');
    await write(first(box, 'field-header-zh'), '市第一医院');
    expect(first(box, 'paper-header').textContent).toBe('市第一医院');
    await click(all(box, 'section-down')[0] as HTMLElement);
    expect(all(box, 'paper-section').map((part) => part.firstElementChild?.textContent)).toEqual(['影像所见', '检查技术', '诊断意见']);
  });

  it('are kept as they stand, and not without a title', async () => {
    const box = await show(<TemplatesPage />, 'paper', { changed: ({ method }) => (method === 'PUT' ? fixture('report-templates') : undefined) });
    const keep = first(box, 'keep-template') as HTMLButtonElement;
    expect(keep.disabled).toBe(true);
    await write(first(box, 'field-footer-en'), 'Page for clinicians.');
    await write(first(box, 'field-title-zh'), '');
    await write(first(box, 'field-title-en'), '');
    expect(keep.disabled).toBe(true);
    await write(first(box, 'field-title-en'), 'Chest report');
    await click(keep);
    expect(sent('PUT', 'report-templates/')?.body).toMatchObject({ app: '', title: { en: 'Chest report', zh: '' }, footer: { en: 'Page for clinicians.' } });
  });

  it('of an app are given up for the general one', async () => {
    const box = await show(<TemplatesPage />, 'drop-template', { at: '/?app=lung_nodule', changed: ({ method }) => (method === 'DELETE' ? fixture('report-templates') : undefined) });
    await click(first(box, 'drop-template'));
    expect(sent('DELETE', '?app=lung_nodule')).toBeDefined();
  });

  it('tell whether one person may report and verify', async () => {
    const box = await show(<TemplatesPage />, 'same-person', { changed: ({ method }) => (method === 'PUT' ? { ...known['/api/v1/report-templates/'], same_person_may_verify: true } : undefined) });
    await click(first(box, 'same-person'));
    expect(sent('PUT', 'policy/')?.body).toEqual({ same_person_may_verify: true });
  });

  it('say that they could not be loaded', async () => {
    await show(<TemplatesPage />, 'failure', { changed: () => refusal(500, 'The server failed.') });
  });
});
