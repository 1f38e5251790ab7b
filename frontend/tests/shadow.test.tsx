// @vitest-environment happy-dom
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pluginDetail, pluginVersions } from '@/contract/plugins';
import { drift, shadows } from '@/contract/shadow';
import { startLanguages } from '@/i18n/language';
import { PluginsPage } from '@/rooms/plugins/PluginsPage';
import { probability } from '@/rooms/plugins/ShadowFigures';
import { pathOf, pointsOf } from '@/rooms/plugins/WeekChart';
import { all, click, first, fixture, radiologist, settle, showPage, write, type Asked, type Shown } from './showing';

const known = pluginVersions.parse(fixture('plugins'));
const detail = pluginDetail.parse(fixture('plugin'));
const running = shadows.parse(fixture('shadows'));
const none = shadows.parse(fixture('shadows-none'));
const drifting = drift.parse(fixture('drift'));
const NODULE = '9b000000-0000-4000-8000-000000000002';
const LIVER = '9b000000-0000-4000-8000-000000000005';

/** The platform's answers: `shadow` and `drift` say what stands in every place. */
const answers =
  (shadow: unknown, told: unknown = drifting) =>
  ({ path }: Asked): unknown => {
    if (path.includes('/shadow/')) {
      return shadow;
    }
    if (path.endsWith('/drift/')) {
      return told;
    }
    const id = /plugins\/([^/]+)\/$/.exec(path)?.[1];
    return id === undefined ? known : { ...detail, ...known.plugins.find((each) => each.id === id) };
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

const show = async (version: string, said: ReturnType<typeof answers>, options: Parameters<typeof showPage>[2] = {}): Promise<HTMLElement> => {
  here = await showPage(<PluginsPage />, said, { at: `/plugins?v=${version}`, ...options });
  await click(first(here.box, 'tab-shadow'));
  await settle();
  return here.box;
};
const placeNamed = (box: HTMLElement, words: string): HTMLElement => {
  const found = all(box, 'shadow-place').find((place) => place.textContent.includes(words));
  if (found === undefined) {
    throw new Error(`no place says ${words}`);
  }
  return found;
};

describe('a shadow', () => {
  it('is told with its figures and their intervals', async () => {
    const place = placeNamed(await show(NODULE, answers(running)), 'Emergency');
    expect(first(place, 'shadow-state').textContent).toBe('In shadow');
    expect(place.textContent).toContain('25 % of the studies');
    expect(first(place, 'shadow-verdict').textContent).toBe('No sign that it is worse');
    expect(first(place, 'shadow-labels').textContent).toMatch(/Lung nodule\d+0\.\d{3} \(0\.\d{3} … 0\.\d{3}\)[+-]?\d/);
    expect(first(place, 'shadow-found').textContent).toContain("Cohen's kappa");
    expect(first(place, 'shadow-reviewers').textContent).toMatch(/Sensitivity \(95 %\)\d+% \(\d+% … \d+%\)/);
    expect(place.textContent).toContain('1 earlier shadow');
  });

  it('says the same in Chinese', async () => {
    const place = placeNamed(await show(NODULE, answers(running), { language: 'zh' }), '急诊');
    expect(first(place, 'shadow-state').textContent).toBe('影子运行中');
    expect(first(place, 'shadow-found').textContent).toContain('启用版本');
  });

  it('that is worse says since when and by what', async () => {
    const [earlier] = running.earlier;
    const worse = { ...running, shadow: { ...running.shadow, worse: earlier?.worse } };
    const place = placeNamed(await show(NODULE, answers(worse)), 'Emergency');
    expect(first(place, 'shadow-worse').textContent).toContain('only the enabled version in 12 of 74 cases');
  });

  it('that is kept back says why', async () => {
    const kept = { ...running, shadow: { ...running.shadow, kept_back: { en: 'It needs an entitlement.', zh: '需要授权。' } } };
    const place = placeNamed(await show(NODULE, answers(kept)), 'Emergency');
    expect(first(place, 'shadow-kept-back').textContent).toContain('It needs an entitlement.');
  });

  it('is begun after its consequences were told, with the share and the limits that were asked for', async () => {
    const place = placeNamed(await show(NODULE, answers(none)), 'Emergency');
    await click(first(place, 'shadow-begin'));
    expect(first(document, 'shadow-question').textContent).toContain('no worklist, no report, no PACS');
    await write(first(document, 'shadow-share'), '10');
    await write(first(document, 'shadow-dice'), '');
    await click(first(document, 'shadow-confirm'));
    await settle();
    expect(here?.asked.find(({ method }) => method === 'POST')).toMatchObject({
      path: '/api/v1/installations/17000000-0000-4000-8000-000000000002/shadow/',
      body: { share_percent: 10, guard: { least_cases: 50, least_median_dice: null, most_p: 0.01 } },
    });
  });

  it('is told in the history of its version', async () => {
    const lines = ['begun', 'ended', 'worse'].map((what) => ({ at: '2026-11-20T08:00:00Z', actor: 'administrator', what: 'installation', detail: { change: `shadow ${what}` } }));
    const said = answers(none);
    const box = await show(NODULE, (one) => (/plugins\/[^/]+\/$/.test(one.path) ? { ...(said(one) as object), history: lines } : said(one)), { language: 'zh' });
    await click(first(box, 'tab-history'));
    expect(all(box, 'history-line').map(({ textContent }) => textContent)).toEqual([expect.stringContaining('影子运行开始'), expect.stringContaining('影子运行结束'), expect.stringContaining('影子版本劣于启用版本')]);
  });

  it('is ended after a question', async () => {
    const place = placeNamed(await show(NODULE, answers(running)), 'Emergency');
    await click(first(place, 'shadow-end'));
    await click(first(document, 'shadow-end-confirm'));
    await settle();
    expect(here?.asked.find(({ method }) => method === 'POST')?.path).toMatch(/0002\/shadow\/end\/$/);
  });

  it('is for administrators', async () => {
    const box = await show(NODULE, answers(running), { who: radiologist });
    expect(first(box, 'plugin-panel').textContent).toContain('for administrators');
    expect(here?.asked.some(({ path }) => path.includes('/shadow/') || path.endsWith('/drift/'))).toBe(false);
  });
});

describe('the drift of an enabled version', () => {
  it('is a line for each share and each label, with what changed in words', async () => {
    const place = placeNamed(await show(LIVER, answers(none)), 'Drift');
    expect(first(place, 'drift-mark').textContent).toContain('Changed against the first 100 studies');
    expect(first(place, 'drift-changes').textContent).toContain('Liver: median volume');
    const lines = all(place, 'drift-line').map((line) => line.textContent);
    expect(lines.some((line) => line.includes('Median volume of Liver'))).toBe(true);
    expect(place.querySelectorAll('svg[data-changed]')).toHaveLength(1);
    expect(place.querySelector('svg')?.getAttribute('aria-label')).toContain('Week of');
    expect(all(place, 'shadow-begin')).toEqual([]);
  });

  it('says how many studies are missing before the first test', async () => {
    const early = { ...drifting, studies: 60, watched: false, changes: [] };
    const place = placeNamed(await show(LIVER, answers(none, early)), 'Drift');
    expect(place.textContent).toContain('60 of 125 studies until the first test');
  });

  it('says so where nothing was read yet', async () => {
    const place = placeNamed(await show(LIVER, answers(none, fixture('drift-none'))), 'Drift');
    expect(place.textContent).toContain('No study has been read');
  });
});

describe('the chart of weeks', () => {
  it('is broken where a week has no value, and begins at zero or at the least value', () => {
    const path = pathOf(pointsOf([1, null, 2, 4]));
    expect(path.match(/M/g)).toHaveLength(2);
    expect(pointsOf([0, 4])[0]?.y).toBe(30);
    expect(pointsOf([0, 4])[1]?.y).toBe(4);
    expect(pointsOf([0])).toMatchObject([{ x: 4, y: 30 }]);
    expect(pointsOf([1300, null, 1500], false).map((point) => point?.y)).toEqual([30, undefined, 4]);
  });
});

it('very small probabilities are told as a bound', () => {
  expect([probability(0.0004), probability(0.05)]).toEqual(['< 0.001', '0.050']);
});
