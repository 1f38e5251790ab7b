// @vitest-environment happy-dom
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { entitlements as entitlementsWire, type Entitlement } from '@/contract/entitlements';
import { publisherKeys as keysWire } from '@/contract/publisherKeys';
import { startLanguages } from '@/i18n/language';
import { EntitlementsPage } from '@/rooms/entitlements/EntitlementsPage';
import { fullness, lifeOf, needingCare } from '@/rooms/entitlements/standing';
import { fileName, inGroups, proposedBy, publicPart, signedBy, toSay } from '@/rooms/keys/follows';
import { KeysPage } from '@/rooms/keys/KeysPage';
import { pluginVersions } from '@/contract/plugins';
import { all, click, first, fixture, press, showPage, until, write, type Asked, type Shown } from './showing';

const entitled = entitlementsWire.parse(fixture('entitlements'));
const { keys } = keysWire.parse(fixture('publisher-keys'));
const known = pluginVersions.parse(fixture('plugins'));
const LUNG = keys.find(({ prefixes }) => prefixes.includes('cn.lungwise-lab.')) ?? keys[0];
const OWN = keys.find(({ own }) => own) ?? keys[0];
if (LUNG === undefined || OWN === undefined) {
  throw new Error('the fixture has no keys');
}
const NEW = { keyid: 'ab'.repeat(32), public: 'cd'.repeat(32), publisher: 'Bright Works', prefixes: ['org.bright.'] };

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

const answers =
  (changed: Record<string, unknown> = {}) =>
  ({ method, path }: Asked): unknown => {
    if (method === 'DELETE') {
      return new Response(null, { status: 204 });
    }
    const found = Object.entries({ '/entitlements/': method === 'POST' ? entitled.entitlements[0] : entitled, '/usage/': fixture('usage'), '/publisher-keys/': { keys }, '/plugins/': known, ...changed }).find(([part]) => path.includes(part));
    return found?.[1];
  };
const sent = (method: string): Asked | undefined => here?.asked.find((one) => one.method === method);

describe('the page of entitlements', () => {
  const show = async (options: Parameters<typeof showPage>[2] = {}, changed?: Record<string, unknown>): Promise<HTMLElement> => {
    here = await showPage(<EntitlementsPage />, answers(changed), options);
    const { box } = here;
    await until(() => all(box, 'usage-line').length > 0 && (all(box, 'token').length > 0 || all(box, 'empty').length > 0));
    return box;
  };

  it('says of each token what it is about, how it stands and how many studies are left', async () => {
    const box = await show();
    const rows = all(box, 'token').map(({ textContent }) => textContent);
    expect(rows).toHaveLength(entitled.entitlements.length);
    expect(rows[0]).toContain('Lung nodules on chest CT');
    expect(rows[0]).toContain('1,112 of 1,500 this month');
    expect(rows[0]).toContain('130 days left');
    expect(rows[1]).toContain('All plug-ins of org.allward');
    expect(rows[1]).toContain('Trial');
    expect(rows[2]).toContain('grace: 23 days left');
    expect(rows[3]).toContain('Quota used up');
    expect(rows[4]).toContain('Its key is not trusted here');
    expect(first(box, 'counts').textContent).toContain('3 need attention');
    expect(first(box, 'hospital').textContent).toContain(entitled.hospital.tenant);
  });

  it('says in words that the clock was set back, and what that means', async () => {
    const box = await show({ language: 'zh' }, { '/entitlements/': fixture('entitlements-clock-set-back') });
    expect(first(box, 'clock').textContent).toContain('服务器时钟比曾经显示的时间慢 3天 2小时');
    expect(first(box, 'token').textContent).toContain('时钟被调慢');
  });

  it('says what to do where there is no token', async () => {
    const box = await show({}, { '/entitlements/': { ...entitled, entitlements: [] } });
    expect(first(box, 'empty').textContent).toContain('Send them the name of your hospital above');
  });

  it('takes no text for a token that is none, and sends one as it was pasted', async () => {
    await show();
    await press('KeyN');
    await write(first(document.body, 'paste'), 'see attachment');
    await click(first(document.body, 'token-confirm'));
    expect(document.body.textContent).toContain('This is no token');
    expect(sent('POST')).toBeUndefined();
    await write(first(document.body, 'paste'), '{"payload": "eA==", "signatures": []}');
    await click(first(document.body, 'token-confirm'));
    expect(sent('POST')).toMatchObject({ path: '/api/v1/entitlements/', body: { payload: 'eA==', signatures: [] } });
    await until(() => document.body.querySelector('[data-testid=token-dialog] form') === null);
    expect(document.body.querySelector('[data-testid=token-dialog] form')).toBeNull();
  });

  it('shows the words of a refusal', async () => {
    const refused = (): Response => new Response(JSON.stringify({ code: 'entitlement_refused', detail: { en: 'The token is refused: it was altered.', zh: '授权被拒绝' } }), { status: 400 });
    here = await showPage(<EntitlementsPage />, (asked) => (asked.method === 'POST' ? refused() : answers()(asked)));
    const { box } = here;
    await until(() => all(box, 'add-token').length > 0);
    await click(first(box, 'add-token'));
    await write(first(document.body, 'paste'), '{}');
    await click(first(document.body, 'token-confirm'));
    await until(() => all(document.body, 'token-refused').length > 0);
    expect(first(document.body, 'token-refused').textContent).toBe('The token is refused: it was altered.');
  });

  it('asks before a token is removed', async () => {
    const box = await show();
    await click(first(box, 'remove-token'));
    expect(first(document.body, 'happens').textContent).toContain('that gives no second quota');
    expect(sent('DELETE')).toBeUndefined();
    await click(first(document.body, 'remove-confirm'));
    expect(sent('DELETE')?.path).toBe(`/api/v1/entitlements/${entitled.entitlements[0]?.id ?? ''}/`);
  });

  it('shows a year of usage and asks for the month that is pressed', async () => {
    const box = await show();
    expect(all(box, 'month')).toHaveLength(12);
    expect(all(box, 'usage-line')[0]?.textContent).toContain('2.3.1: 811');
    expect(first(box, 'usage-csv').getAttribute('href')).toBe('/api/v1/usage/?month=2026-11&format=csv');
    await click(box.querySelector<HTMLElement>('[data-month="2026-09"]') ?? box);
    expect(here?.asked.at(-1)?.path).toBe('/api/v1/usage/?month=2026-09');
  });
});

describe('the life of a token', () => {
  const of = (at: string) => lifeOf({ not_before: '2026-01-01T00:00:00Z', expires: '2026-02-01T00:00:00Z', grace_until: '2026-02-11T00:00:00Z' }, at);

  it('goes from before to grace to over, counted in days that have begun', () => {
    expect(of('2025-12-30T12:00:00Z')).toMatchObject({ stretch: 'before', daysLeft: 2, passed: 0 });
    expect(of('2026-01-31T23:00:00Z')).toMatchObject({ stretch: 'holds', daysLeft: 1 });
    expect(of('2026-02-01T00:00:00Z')).toMatchObject({ stretch: 'grace', daysLeft: 10 });
    expect(of('2026-02-11T00:00:00Z')).toMatchObject({ stretch: 'over', daysLeft: 0, passed: 1 });
  });

  it('warns of a quota before it is full', () => {
    expect(fullness({ studies: 100, per: 'month', used: 89 }).tone).toBe('accent');
    expect(fullness({ studies: 100, per: 'month', used: 90 }).tone).toBe('warn');
    expect(fullness({ studies: 100, per: 'total', used: 120 })).toEqual({ share: 1, tone: 'danger' });
  });

  it('leaves alone what holds and what only begins later', () => {
    const [one] = entitled.entitlements;
    const all: Entitlement[] = one === undefined ? [] : [one, { ...one, state: 'not yet' }, { ...one, state: 'expired' }];
    expect(needingCare(all).map(({ state }) => state)).toEqual(['expired']);
  });
});

describe('the page of publisher keys', () => {
  const show = async (options: Parameters<typeof showPage>[2] = {}): Promise<HTMLElement> => {
    here = await showPage(<KeysPage />, answers(), options);
    const { box } = here;
    await until(() => all(box, 'key-panel').length > 0 && all(box, 'signed-version').length > 0);
    return box;
  };

  it('begins with the own key, which can be handed on and not revoked', async () => {
    const box = await show();
    expect(all(box, 'key-row')[0]?.dataset.keyid).toBe(OWN.keyid);
    expect(first(box, 'key-panel').textContent).toContain('never leaves it');
    expect(all(box, 'download-key')).toHaveLength(1);
    expect(all(box, 'key-revoke')).toHaveLength(0);
  });

  it('is walked through with j and k, and shows what a key signed here', async () => {
    const box = await show({ at: `/?k=${LUNG.keyid}` });
    expect(first(box, 'fingerprint').textContent).toBe(inGroups(LUNG.keyid));
    expect(all(box, 'signed-version').map(({ textContent }) => textContent)).toEqual(['Lung nodules on chest CT 2.3.1Enabled', 'Lung nodules on chest CT 2.2.0Blocked']);
    await press('KeyK');
    expect(first(box, 'key-reason').textContent).toContain('Replaced each year');
  });

  it('says what follows a revocation, and wants a reason for it', async () => {
    const box = await show({ at: `/?k=${LUNG.keyid}` });
    await click(first(box, 'key-revoke'));
    await until(() => first(document.body, 'happens').textContent.includes('entitlements'));
    expect(first(document.body, 'concerned').textContent).toContain('Lung nodules on chest CT 2.3.1 · Enabled');
    expect(first(document.body, 'happens').textContent).toContain('3 entitlements that it signed no longer hold.');
    expect(first(document.body, 'key-confirm').hasAttribute('disabled')).toBe(true);
    await write(first(document.body, 'reason'), ' stolen ');
    await click(first(document.body, 'key-confirm'));
    expect(sent('POST')?.body).toEqual({ publishers: [expect.objectContaining({ keyid: LUNG.keyid, public: LUNG.public, state: 'revoked', reason: 'stolen' })] });
  });

  it('replaces a key by its successor in one step', async () => {
    const box = await show({ at: `/?k=${LUNG.keyid}`, language: 'zh' });
    await click(first(box, 'key-rotate'));
    await write(first(document.body, 'paste'), JSON.stringify(NEW));
    await write(first(document.body, 'reason'), '每年更换');
    expect(first(document.body, 'key-confirm').hasAttribute('disabled')).toBe(true);
    await click(first(document.body, 'compared'));
    await click(first(document.body, 'key-confirm'));
    expect((sent('POST')?.body as { publishers: object[] }).publishers).toMatchObject([{ keyid: NEW.keyid, state: 'active' }, { keyid: LUNG.keyid, state: 'rotated', reason: '每年更换' }]);
  });

  it('trusts a new key only once its fingerprint was compared', async () => {
    await show();
    await press('KeyN');
    await write(first(document.body, 'paste'), 'BEGIN PRIVATE KEY');
    expect(document.body.textContent).toContain('No public key can be read here');
    await write(first(document.body, 'paste'), JSON.stringify([NEW]));
    expect(first(document.body, 'proposed-key').textContent).toContain('org.bright.');
    expect(first(document.body, 'keys-confirm').hasAttribute('disabled')).toBe(true);
    await click(first(document.body, 'compared'));
    await click(first(document.body, 'keys-confirm'));
    expect(sent('POST')?.body).toEqual({ publishers: [{ ...NEW, state: 'active', reason: '' }] });
  });
});

describe('what follows of keys', () => {
  it('lists what runs first', () => {
    expect(signedBy(LUNG.keyid, known.plugins).map(({ plugin, isEnabled }) => [plugin.version, isEnabled])).toEqual([['2.3.1', true], ['2.2.0', false]]);
  });

  it('hands on the public part in the form that it is taken in', () => {
    expect(proposedBy(publicPart(LUNG), [])?.[0]).toMatchObject({ change: 'new', line: { keyid: LUNG.keyid } });
    expect(fileName(LUNG)).toBe(`lungwise-medical-${LUNG.keyid.slice(0, 8)}.json`);
    expect(fileName({ ...LUNG, publisher: '肺智医疗' })).toBe(`publisher-${LUNG.keyid.slice(0, 8)}.json`);
  });

  it('sends only what changes something, and never the own key', () => {
    const proposed = proposedBy(JSON.stringify([NEW, OWN, { ...LUNG, state: 'revoked', reason: 'lost' }, ...keys.filter(({ keyid }) => keyid !== OWN.keyid && keyid !== LUNG.keyid)]), keys) ?? [];
    expect(proposed.map(({ change }) => change).slice(0, 3)).toEqual(['new', 'own', 'changed']);
    expect(toSay(proposed).map(({ keyid }) => keyid)).toEqual([NEW.keyid, LUNG.keyid]);
  });

  it('takes nothing for a key that lacks a part', () => {
    expect(proposedBy(JSON.stringify({ ...NEW, prefixes: [] }), keys)).toBeNull();
    expect(proposedBy('[]', keys)).toBeNull();
  });
});
