// @vitest-environment happy-dom
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { joined } from '@/api/publishing';
import { checkLog, keysIn, reviewDetail, reviewQueue, submissionDetail, submissions, vendorKeys, type CheckLog } from '@/contract/publishing';
import type { Me } from '@/contract/session';
import { startLanguages } from '@/i18n/language';
import { ReviewPage } from '@/rooms/review/ReviewPage';
import { VendorPage } from '@/rooms/vendor/VendorPage';
import { sectionsOf } from '@/ui/pages';
import { administrator, all, click, first, fixture, radiologist, settle, showPage, write, type Asked, type Shown } from './showing';

const handedIn = submissions.parse(fixture('submissions'));
const detail = submissionDetail.parse(fixture('submission'));
const log = checkLog.parse(fixture('check-log'));
const queue = reviewQueue.parse(fixture('review-queue'));
const review = reviewDetail.parse(fixture('review'));
const keys = vendorKeys.parse(fixture('vendor-keys'));

const vendor: Me = { ...radiologist, role: 'vendor', roles: ['vendor'], permissions: ['plugin.publish'] };
const operator: Me = { ...radiologist, role: 'platform_operator', roles: ['platform_operator'], permissions: ['platform.operate'] };

/** The platform's answers; `logs` are what the log says, one after the other, the last one for ever. */
const answers = ({ logs = [{ ...log, state: 'published' as const }], obstacles = review.obstacles }: { logs?: CheckLog[]; obstacles?: typeof review.obstacles } = {}) => {
  const left = [...logs];
  return ({ method, path }: Asked): unknown => {
    if (path.includes('/log/')) {
      return left.length > 1 ? left.shift() : left[0];
    }
    if (path.includes('/usage/')) {
      return fixture('shared-usage');
    }
    if (path.includes('/keys/')) {
      return /keys\/[^/]+\/$/.test(path) ? keys.keys[0] : keys;
    }
    if (path.includes('/review/')) {
      return /submissions\/$/.test(path) ? queue : method === 'POST' ? { ...queue.cases[0], state: 'accepted' } : { ...review, obstacles };
    }
    return /submissions\/$/.test(path) ? handedIn : { ...detail, ...handedIn.submissions.find(({ id }) => path.includes(id)) };
  };
};

// A machine that does other things at the same time is slow, not wrong.
vi.setConfig({ testTimeout: 60_000 });

/** What bears this name, once it is there. */
const found = async (box: ParentNode, testId: string): Promise<HTMLElement> => {
  await expect.poll(async () => (await settle(), all(box, testId).length), { timeout: 30_000 }).toBeGreaterThan(0);
  return first(box, testId);
};

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

const asVendor = async (at = '/vendor', told: Parameters<typeof answers>[0] = {}): Promise<Shown> => (here = await showPage(<VendorPage />, answers(told), { who: vendor, at }));
const asOperator = async (at = '/review', told: Parameters<typeof answers>[0] = {}): Promise<Shown> => (here = await showPage(<ReviewPage />, answers(told), { who: operator, at }));

describe('the way to the pages', () => {
  it('leads vendors to what they publish and operators to what waits, and nobody else', () => {
    const names = (me: Me): string[] => sectionsOf(me).map(({ name }) => name);
    expect(names(vendor)).toEqual(['vendor']);
    expect(names(operator)).toContain('review');
    expect(names(administrator)).not.toContain('review');
    expect(names(radiologist)).toEqual([]);
  });
});

describe('what a vendor handed in', () => {
  it('says the state of each in words, the latest first', async () => {
    const { box } = await asVendor();
    await found(box, 'submission-row');
    const rows = all(box, 'submission-row');
    expect(rows.map(({ dataset }) => dataset.version)).toEqual(handedIn.submissions.map(({ version }) => version));
    expect(rows.map((row) => first(row, 'submission-state').textContent)).toEqual(['Being checked', 'In review', 'Published', 'Declined', 'Refused', 'Refused', 'Withdrawn']);
  });

  it("shows the operator's words where it was declined, and the reason where it was withdrawn", async () => {
    const { box } = await asVendor('/vendor?s=s-2');
    expect((await found(box, 'decision')).textContent).toContain('Say in the model card what it is not for.');
    here?.leave();
    const second = await asVendor('/vendor?s=s-9');
    expect((await found(second.box, 'withdrawn')).textContent).toContain('left is right');
    expect((await found(second.box, 'withdrawn')).textContent).toContain('being written');
  });

  it('names every place that a rule found, and how it is mended', async () => {
    const { box } = await asVendor('/vendor?s=s-1');
    await found(box, 'check-line');
    const failed = all(box, 'check-line').find(({ dataset }) => dataset.verdict === 'failed');
    expect(failed?.textContent).toContain('intended_use.statement.zh');
    expect(failed?.textContent).toContain('Write the Chinese text at this key.');
  });

  it('says why a check came to no end', async () => {
    const { box } = await asVendor('/vendor?s=s-0');
    expect((await found(box, 'refused')).textContent).toBe('The check needed more than 8 GiB of memory.');
  });

  it('withdraws a published version only with a reason', async () => {
    const { box, asked } = await asVendor('/vendor?s=s-3');
    await click(await found(box, 'yank'));
    expect((await found(document.body, 'words-confirm')).hasAttribute('disabled')).toBe(true);
    await write(await found(document.body, 'words'), 'left is right');
    await click(await found(document.body, 'words-confirm'));
    expect(asked.find(({ method }) => method === 'POST')).toEqual({ method: 'POST', path: '/api/v1/publishing/submissions/s-3/yank/', body: { reason: 'left is right' } });
  });

  it('shows what a version changes, part by part', async () => {
    const { box } = await asVendor('/vendor?s=s-4');
    await click(await found(box, 'part-changes'));
    await settle();
    await found(box, 'change');
    expect(all(box, 'change').map(({ dataset }) => dataset.part)).toEqual(['models', 'wants', 'labels']);
    expect(all(box, 'change')[1]?.textContent).toBe('Wanted imagesmin_slices59');
    expect(all(box, 'change')[2]?.textContent).toContain('—');
  });
});

describe('the log of a check', () => {
  const lines = (numbers: number[]) => numbers.flatMap((number) => log.lines.slice(0, 1).map((line) => ({ ...line, number })));

  it('grows by what came since, and begins anew with the check', () => {
    const before = { ...log, check: 1, lines: lines([1, 2]) };
    expect(joined(before, { ...before, lines: lines([3]) }).lines.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(joined(before, { ...before, check: 2, lines: lines([1]) }).lines.map(({ number }) => number)).toEqual([1]);
    expect(joined(undefined, before)).toBe(before);
  });

  it('asks for what it has not got until the check is over', async () => {
    const told = [
      { ...log, check: 1, lines: lines([1, 2]) },
      { ...log, check: 1, lines: lines([3]) },
      { ...log, check: 1, state: 'in review' as const, lines: lines([4]) },
    ];
    const { box, asked } = await asVendor('/vendor?s=s-5', { logs: told });
    await expect.poll(async () => (await settle(), all(box, 'check-line').length), { timeout: 30_000 }).toBe(4);
    const logs = asked.filter(({ path }) => path.includes('/log/')).map(({ path }) => path.split('log/')[1]);
    expect(logs).toEqual(['', '?check=1&after=2', '?check=1&after=3']);
    expect((await found(box, 'check-log')).dataset.running).toBeUndefined();
  });
});

describe("a vendor's keys", () => {
  it('are listed with what they still prove, and registered from what the command prints', async () => {
    const { box, asked } = await asVendor();
    await click(await found(box, 'tab-keys'));
    await settle();
    await found(box, 'vendor-key');
    expect(all(box, 'vendor-key').map(({ dataset }) => dataset.state)).toEqual(['active', 'revoked']);
    expect(all(box, 'key-rotated')).toHaveLength(1);
    await click(await found(box, 'add-key'));
    await write(await found(document.body, 'paste'), '{"keyid": "a", "public": "b", "prefixes": ["cn."], "publisher": "x"}');
    await click(await found(document.body, 'register-key'));
    expect(asked.find(({ method }) => method === 'POST')?.body).toEqual({ publishers: [{ keyid: 'a', public: 'b', prefixes: ['cn.'], publisher: 'x' }] });
  });

  it('are no other text', () => {
    expect(keysIn('no json')).toBeNull();
    expect(keysIn('[]')).toBeNull();
    expect(keysIn('{"keyid": "a"}')).toBeNull();
    expect(keysIn('[{"keyid": "a", "public": "b", "prefixes": []}]')).toHaveLength(1);
  });
});

describe('the use of a plug-in', () => {
  it('is told by month as a sum over hospitals', async () => {
    const { box } = await asVendor();
    await click(await found(box, 'tab-usage'));
    await settle();
    await found(box, 'usage-sum');
    expect(all(box, 'usage-sum').map((row) => row.textContent)).toEqual(['2026-04cn.lungwise.nodule1,2347']);
    expect((await found(box, 'usage')).textContent).toContain('fewer than 5 hospitals');
  });
});

describe("the operators' queue", () => {
  it('names who waits, the oldest first, and publishes only with words', async () => {
    const { box, asked } = await asOperator();
    await found(box, 'case-row');
    expect(all(box, 'case-row').map(({ dataset }) => dataset.state)).toEqual(['in review', 'published']);
    expect((await found(box, 'waiting')).textContent).toContain('1');
    expect((await found(box, 'review-panel')).textContent).toContain('Lungwise');
    await expect.poll(async () => (await settle(), first(box, 'accept').hasAttribute('disabled')), { timeout: 30_000 }).toBe(false);
    await click(await found(box, 'accept'));
    await write(await found(document.body, 'words'), 'welcome');
    await click(await found(document.body, 'words-confirm'));
    expect(asked.find(({ method }) => method === 'POST')).toEqual({ method: 'POST', path: '/api/v1/review/submissions/s-4/decision/', body: { decision: 'accept', words: 'welcome' } });
  });

  it('says what keeps the catalogue from taking a package, and lets it only be declined', async () => {
    const { box } = await asOperator('/review', { obstacles: [{ en: 'cn. belongs to somebody else.', zh: 'cn. 属于他人。' }] });
    expect((await found(box, 'obstacles')).textContent).toContain('belongs to somebody else');
    expect((await found(box, 'accept')).hasAttribute('disabled')).toBe(true);
    expect((await found(box, 'decline')).hasAttribute('disabled')).toBe(false);
  });

  it.each(['card', 'evidence'])('says what became of the files of a package that was turned down (%s)', async (part) => {
    const gone = { ...detail, state: 'refused', model_card: '', licence_text: '', cases: [], entries: [] };
    const whole = answers();
    here = await showPage(<VendorPage />, (asked) => (/submissions\/[^/]+\/$/.test(asked.path) ? gone : whole(asked)), { who: vendor });
    await click(await found(here.box, `part-${part}`));
    expect((await found(here.box, 'package-gone')).textContent).toContain('was turned down, so its files were deleted');
    expect(all(here.box, 'entry')).toHaveLength(0);
  });

  it('shows the model card and the files of a package in Chinese too', async () => {
    here = await showPage(<ReviewPage />, answers(), { who: operator, language: 'zh' });
    await click(await found(here.box, 'part-evidence'));
    await found(here.box, 'entry');
    expect(all(here.box, 'entry')).toHaveLength(2);
    expect(here.box.textContent).toContain('1 个验收用例');
    await click(await found(here.box, 'part-card'));
    expect((await found(here.box, 'markdown')).textContent).toContain('Finds nodules.');
  });
});
