// @vitest-environment happy-dom
import { createHash } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { pluginVersions } from '@/contract/plugins';
import { startLanguages } from '@/i18n/language';
import { CataloguePage } from '@/rooms/catalogue/CataloguePage';
import { fingerprintOf, turnedBy } from '@/rooms/catalogue/follows';
import { all, click, first, fixture, showPage, until, write, type Asked, type Shown } from './showing';

vi.setConfig({ testTimeout: 60_000 });

const known = pluginVersions.parse(fixture('plugins'));
const ROOT = '{"signed": {"version": 1}}\n';

let here: Shown | undefined;
beforeAll(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true, isSecureContext: true });
  await startLanguages();
});
afterEach(() => {
  here?.leave();
  here = undefined;
});

const answers =
  (changed: Record<string, unknown> = {}) =>
  ({ method, path, body }: Asked): unknown => {
    const whole = { 'GET /followed-catalogue/': fixture('followed-catalogue'), '/take-in/': fixture('plugin-installed'), 'GET /regulatory-policy/': fixture('regulatory-policy-none'), '/usage-sharing/': fixture('usage-sharing-none'), '/plugins/': known };
    const asked = `${method} ${path.replace('/api/v1', '')}`;
    const found = Object.entries({ ...whole, ...changed }).find(([part]) => asked.includes(part))?.[1];
    return found ?? (path.includes('/regulatory-policy/') ? body : fixture('followed-catalogue'));
  };
const sent = (method: string): Asked | undefined => here?.asked.find((one) => one.method === method);
const show = async (changed?: Record<string, unknown>, options: Parameters<typeof showPage>[2] = {}): Promise<HTMLElement> => {
  here = await showPage(<CataloguePage />, answers(changed), options);
  const { box } = here;
  await until(() => (all(box, 'entry').length > 0 || all(box, 'empty').length > 0) && all(box, 'authority-NMPA').length > 0 && all(box, 'sharing-state').length > 0);
  return box;
};

describe('the catalogue that the hospital follows', () => {
  it('is shown with its address, its fingerprint and the age that the server says', async () => {
    const box = await show();
    expect(first(box, 'location').textContent).toContain('https://catalogue.example.org/catalogue');
    expect(first(box, 'fingerprint').textContent).toHaveLength(64);
    expect(first(box, 'age').textContent).toContain('51m 20s ago');
    expect(all(box, 'stale')).toHaveLength(0);
    expect(all(box, 'fault')).toHaveLength(0);
  });

  it('says of each version whether it can be taken in, and why not', async () => {
    const box = await show();
    await until(() => all(box, 'show').length > 0);
    const rows = all(box, 'entry');
    expect(rows.map((row) => all(row, 'take-in').length)).toEqual([0, 0, 1, 0, 1, 1]);
    expect(rows[2]?.textContent).toContain('Lung nodules on chest CT');
    expect(rows[3]?.textContent).toContain('Reason: left and right are swapped');
    expect(rows[5]?.textContent).toContain('org.allward.brain-mr');
    await click(first(rows[2] ?? box, 'take-in'));
    expect(sent('POST')).toMatchObject({ path: '/api/v1/followed-catalogue/take-in/', body: { plugin: 'cn.lungwise.nodule', version: '2.4.0' } });
  });

  it('gives nothing while it is stale, and says what to do and what went wrong', async () => {
    const box = await show({ 'GET /followed-catalogue/': fixture('followed-catalogue-stale') }, { language: 'zh' });
    expect(first(box, 'stale').textContent).toContain('已安装的插件继续运行');
    expect(first(box, 'fault').textContent).toContain('无法读取目录');
    expect(all(box, 'take-in').every((one) => one.hasAttribute('disabled'))).toBe(true);
  });

  it('is read when somebody asks, and forgotten only after a question', async () => {
    const box = await show();
    await click(first(box, 'sync'));
    expect(sent('POST')?.path).toBe('/api/v1/followed-catalogue/sync/');
    await click(first(box, 'stop'));
    expect(first(document.body, 'happens').textContent).toContain('stay trusted until you revoke them');
    expect(sent('DELETE')).toBeUndefined();
    await click(first(document.body, 'question-confirm'));
    expect(sent('DELETE')?.path).toBe('/api/v1/followed-catalogue/');
  });

  it.each([
    ['en', 'It is being read just now'],
    ['zh', '目录正由系统定时任务或其他人员读取'],
  ] as const)('says in words that somebody else reads it, and calls it no fault (%s)', async (language, words) => {
    const busy = new Response(JSON.stringify({ code: 'catalogue_busy', detail: { en: 'busy', zh: '忙' } }), { status: 409 });
    const box = await show({ '/sync/': busy }, { language });
    await click(first(box, 'sync'));
    await until(() => all(box, 'sync-busy').length > 0);
    expect(first(box, 'sync-busy').textContent).toContain(words);
    expect(all(box, 'sync-refused')).toHaveLength(0);
  });

  it('shows the words of a refusal to take a version in', async () => {
    const refused = new Response(JSON.stringify({ code: 'package_refused', detail: { en: 'The package is refused: a byte was changed.', zh: '插件包被拒绝' } }), { status: 400 });
    const box = await show({ '/take-in/': refused });
    await click(first(box, 'take-in'));
    await until(() => all(box, 'take-refused').length > 0);
    expect(first(box, 'take-refused').textContent).toBe('The package is refused: a byte was changed.');
  });

  it('begins with a word on how to begin, and is followed once its fingerprint was compared', async () => {
    const box = await show({ 'GET /followed-catalogue/': fixture('followed-catalogue-none') });
    expect(first(box, 'empty').textContent).toContain('metadata/1.root.json');
    await click(first(box, 'follow'));
    await write(first(document.body, 'location-field'), ' https://catalogue.example.org/catalogue ');
    await write(first(document.body, 'paste'), ROOT);
    const digest = createHash('sha256').update(ROOT).digest('hex');
    await until(() => first(document.body, 'proposed-fingerprint').textContent.includes(digest));
    expect(first(document.body, 'proposed-fingerprint').textContent).toContain(digest);
    expect(first(document.body, 'follow-confirm').hasAttribute('disabled')).toBe(true);
    await click(first(document.body, 'compared'));
    await click(first(document.body, 'follow-confirm'));
    expect(sent('PUT')).toMatchObject({ path: '/api/v1/followed-catalogue/', body: { location: 'https://catalogue.example.org/catalogue', root_json: ROOT } });
  });
});

describe('the authority whose registration counts', () => {
  it('is set only after a question that names the versions which it stops', async () => {
    const box = await show();
    await click(first(box, 'authority-FDA'));
    await until(() => all(document.body, 'turned-stopped').length > 0);
    expect(first(document.body, 'turned-stopped').textContent).toContain('Lung nodules on chest CT 2.3.1');
    expect(first(document.body, 'happens').textContent).toContain('only with a registration of FDA that holds');
    expect(sent('PUT')).toBeUndefined();
    await click(first(document.body, 'question-confirm'));
    expect(sent('PUT')).toMatchObject({ path: '/api/v1/regulatory-policy/', body: { authority: 'FDA' } });
    await until(() => (first(box, 'authority-FDA') as HTMLInputElement).checked);
    expect((first(box, 'authority-FDA') as HTMLInputElement).checked).toBe(true);
  });

  it('can be left unnamed again', async () => {
    const box = await show({ 'GET /regulatory-policy/': fixture('regulatory-policy') });
    await click(first(box, 'authority-none'));
    await until(() => all(document.body, 'nothing-turns').length > 0);
    await click(first(document.body, 'question-confirm'));
    expect(sent('PUT')?.body).toEqual({ authority: null });
  });

  it('turns a version only if its registrations are judged otherwise', () => {
    const [one] = known.plugins.filter(({ version, plugin_id: id }) => id === 'cn.lungwise.nodule' && version === '2.3.1');
    const lapsed = known.plugins.map((each) => ({ ...each, registrations: each.registrations.map((row) => ({ ...row, holds: row.authority === 'NMPA' })) }));
    expect(turnedBy(known.plugins, 'NMPA', 'CE')).toEqual({ stopped: [], freed: [] });
    expect(turnedBy(known.plugins, 'NMPA', 'FDA').stopped).toEqual([one]);
    expect(turnedBy(lapsed, null, 'NMPA').freed.map(({ version }) => version)).toContain('2.3.1');
  });
});

describe('sums of use for vendors', () => {
  it('are told from next month on, after a question', async () => {
    const box = await show();
    expect(first(box, 'sharing-state').textContent).toBe('Not told');
    await click(first(box, 'sharing-turn'));
    expect(first(document.body, 'happens').textContent).toContain('From the first day of next month on');
    await click(first(document.body, 'question-confirm'));
    expect(sent('PUT')).toMatchObject({ path: '/api/v1/usage-sharing/', body: { shares: true } });
  });

  it('say from which month they hold', async () => {
    const box = await show({ '/usage-sharing/': fixture('usage-sharing') });
    expect(first(box, 'sharing-since').textContent).toBe('Studies count from December 2026 on');
    await click(first(box, 'sharing-turn'));
    expect(first(document.body, 'happens').textContent).toContain('counts to its end');
    await click(first(document.body, 'question-confirm'));
    expect(sent('PUT')?.body).toEqual({ shares: false });
  });
});

describe('a fingerprint', () => {
  it('is that of the bytes, and is none where the browser computes none', async () => {
    expect(await fingerprintOf('肝')).toBe(createHash('sha256').update('肝').digest('hex'));
    Object.assign(globalThis, { isSecureContext: false });
    expect(await fingerprintOf('肝')).toBeNull();
    Object.assign(globalThis, { isSecureContext: true });
  });
});
