// @vitest-environment happy-dom
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { acceptanceDetail, acceptanceSets, figureGroup } from '@/contract/acceptance';
import { startLanguages } from '@/i18n/language';
import { AcceptancePage } from '@/rooms/acceptance/AcceptancePage';
import { columnsOf, curveOf, isUntold, onAxis, sensitivityAt, verdictOf, writeFigure, writeSpan } from '@/rooms/acceptance/figures';
import { all, click, first, fixture, press, showPage, until, write, type Asked, type Shown } from './showing';

const finished = acceptanceDetail.parse(fixture('acceptance-finished'));
const running = acceptanceDetail.parse(fixture('acceptance-running'));
const draft = acceptanceDetail.parse(fixture('acceptance-draft'));
const listed = acceptanceSets.parse(fixture('acceptance-sets'));

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

const answers = ({ method, path }: Asked): unknown => {
  if (path.includes('/plugins/')) {
    return fixture('plugins');
  }
  if (path.endsWith('/settings/')) {
    return { ...listed.settings, hospital: false };
  }
  if (path.includes('/series/')) {
    return fixture('series-choices');
  }
  if (path.endsWith('/cases/')) {
    return fixture('cases-added');
  }
  const set = [finished, running, draft].find(({ id }) => path.includes(id));
  return set ?? (method === 'POST' ? draft : listed);
};
const show = async (options: Parameters<typeof showPage>[2] = {}): Promise<HTMLElement> => {
  here = await showPage(<AcceptancePage />, answers, options);
  const { box } = here;
  await until(() => all(box, 'set-panel').length > 0);
  return box;
};
const sent = (method: string): Asked | undefined => here?.asked.find((one) => one.method === method);

describe('the page of acceptance', () => {
  it('lists the sets with their state and leads to the one in the address', async () => {
    const box = await show({ at: `/?s=${finished.id}` });
    expect(all(box, 'set-state').map(({ textContent }) => textContent)).toEqual(['Draft', 'Running', 'Accepted', 'Accepted']);
    expect(first(box, 'set-panel').textContent).toContain('reported from score 0.35 on');
    await press('KeyK');
    await until(() => all(box, 'progress').length > 0);
    expect(first(box, 'progress').textContent).toContain('26 of 40 cases over (65%) · 1 failed');
  });

  it('tells each figure with its interval, and the curve as a table too', async () => {
    const box = await show({ at: `/?s=${finished.id}` });
    expect(first(box, 'headline').textContent).toContain('92.1% (86.9–96.3%)');
    expect(first(box, 'headline').textContent).toContain('1 failed');
    expect(first(box, 'froc-plot').getAttribute('aria-label')).toContain('at one');
    expect(first(box, 'sensitivity-at').querySelectorAll('tbody tr')).toHaveLength(7);
  });

  it('says of how many patients the cases are, and which key signed the PDFs', async () => {
    const box = await show({ at: `/?s=${finished.id}` });
    expect(first(box, 'headline').textContent).toContain('64of 60 patients');
    expect(first(box, 'pdf-signed').textContent).toContain('signed too');
    expect(first(box, 'pdf-signed').textContent).toContain(finished.report?.pdf_keyid?.slice(0, 12));
  });

  it('says of an earlier report that its PDFs bear no signature, and nothing of patients', async () => {
    const earlier = { ...finished, report: { ...finished.report, pdf_keyid: null }, figures: { ...finished.figures, overall: { ...finished.figures?.overall, patients: null } } };
    here = await showPage(<AcceptancePage />, (asked) => (answers(asked) === finished ? earlier : answers(asked)), { at: `/?s=${finished.id}` });
    const { box } = here;
    await until(() => all(box, 'pdf-unsigned').length > 0);
    expect(all(box, 'pdf-signed')).toHaveLength(0);
    expect(first(box, 'headline').textContent).not.toContain('patients');
  });

  it('tells a figure of too few cases without an interval, and draws no curve where all marks score the same', async () => {
    const few = { ...finished, figures: { ...finished.figures, overall: { ...finished.figures?.overall, sensitivity: { value: 0.9, low: null, high: null, cases: 12, patients: null }, sensitivity_at: [], competition_performance_metric: null } } };
    here = await showPage(<AcceptancePage />, (asked) => (answers(asked) === finished ? few : answers(asked)), { at: `/?s=${finished.id}` });
    const { box } = here;
    await until(() => all(box, 'headline').length > 0);
    expect(first(box, 'headline').textContent).toContain('90.0% (no interval: too few cases)');
    expect(first(box, 'froc').textContent).toContain('false positives in all');
    expect(all(box, 'froc-plot')).toHaveLength(0);
  });

  it('tells nothing of a subgroup that is too small', async () => {
    const box = await show({ at: `/?s=${finished.id}` });
    const small = box.querySelector('[data-answer="<40"]');
    expect(small?.textContent).toBe('below 403fewer than five cases that ran: no figures');
  });

  it('names what was missed, and why a case failed', async () => {
    const box = await show({ at: `/?s=${finished.id}`, language: 'zh' });
    await click(first(box, 'tab-cases'));
    const rows = all(box, 'case').map(({ textContent }) => textContent);
    expect(rows[2]).toContain('漏诊');
    expect(rows[3]).toContain('医师未标注任何病灶');
    expect(rows[5]).toContain('第 41 至 44 层之间缺层');
    await click(first(box, 'only-wrong'));
    expect(all(box, 'case').map(({ textContent }) => textContent.charAt(0)).slice(0, 3)).toEqual(['3', '5', '6']);
  });

  it('asks before it accepts, and says whose word it is', async () => {
    const box = await show({ at: `/?s=${finished.id}` });
    await click(first(box, 'accept'));
    expect(first(document.body, 'happens').textContent).toContain('with your name, that 64 cases of this hospital suffice');
    expect(sent('POST')).toBeUndefined();
    await write(first(document.body, 'remark'), 'thin slices only ');
    await click(first(document.body, 'accept-confirm'));
    const place = finished.installations.find(({ may_accept: may }) => may);
    expect(sent('POST')).toMatchObject({ path: `/api/v1/acceptance/${finished.id}/accept/`, body: { installation_id: place?.id, remark: 'thin slices only' } });
  });

  it('begins with what to do where a set has no case, and adds what is chosen from the archive', async () => {
    const box = await show();
    expect(first(box, 'no-case').textContent).toContain('Choose stored series');
    await click(first(box, 'first-cases'));
    await until(() => all(document.body, 'choice').length > 0);
    expect(all(document.body, 'choice')).toHaveLength(4);
    expect(first(document.body, 'cases-confirm').hasAttribute('disabled')).toBe(true);
    const [option] = [...document.body.querySelectorAll<HTMLElement>('[role=option]')].filter(({ textContent }) => textContent.includes('Dr. Lin'));
    if (option === undefined) {
      await click(first(document.body, 'choice-reference'));
    }
    await click(option ?? document.body.querySelector<HTMLElement>('[role=option]') ?? box);
    await click(first(document.body, 'cases-confirm'));
    await until(() => sent('POST') !== undefined);
    expect(sent('POST')?.body).toEqual({ cases: [{ series_instance_uid: '1.2.840.99.7.201.2', study_instance_uid: '1.2.840.99.7.201', segmentation: { series_instance_uid: '1.2.840.99.9.1.7' } }] });
  });

  it('starts and stops only after a question', async () => {
    const box = await show({ at: `/?s=${running.id}` });
    await click(first(box, 'set-cancel'));
    expect(sent('POST')).toBeUndefined();
    await click(first(document.body, 'set-confirm'));
    expect(sent('POST')?.path).toBe(`/api/v1/acceptance/${running.id}/cancel/`);
  });

  it('says where acceptance is asked', async () => {
    const box = await show();
    await click(first(box, 'required'));
    expect(all(document.body, 'required-department').map(({ dataset }) => dataset.applies)).toEqual(['true', 'true', 'false']);
    await click(document.body.querySelector<HTMLElement>('[data-testid=required-dialog] input[value=no]') ?? box);
    expect(sent('PUT')?.body).toEqual({ department: null, required: false });
  });

  it('says what to do where there is no set', async () => {
    here = await showPage(<AcceptancePage />, () => ({ ...listed, sets: [] }));
    const { box } = here;
    await until(() => all(box, 'empty').length > 0);
    expect(first(box, 'empty').textContent).toContain('Begin one, add cases, start it');
  });
});

describe('figures', () => {
  const points = [
    { false_positives_per_scan: 0, sensitivity: 0, score: null },
    { false_positives_per_scan: 1, sensitivity: 0.5, score: 0.9 },
    { false_positives_per_scan: 3, sensitivity: 0.7, score: 0.4 },
  ];

  it('are read off the curve linearly, and level after its end', () => {
    expect(sensitivityAt(points, 0.5)).toBeCloseTo(0.25);
    expect(sensitivityAt(points, 2)).toBeCloseTo(0.6);
    expect(sensitivityAt(points, 8)).toBe(0.7);
    expect(sensitivityAt([], 1)).toBe(0);
  });

  it('are drawn from an eighth to eight, and no further than the plug-in went', () => {
    const curve = curveOf(points);
    expect([onAxis(0.125), onAxis(1), onAxis(8)]).toEqual([0, 0.5, 1]);
    expect(curve[0]?.[1]).toBeCloseTo(0.0625);
    expect(curve.at(-1)?.[0]).toBeCloseTo(onAxis(3));
  });

  it('are written with as many digits as some dozen cases bear', () => {
    expect([writeFigure(0.9212, 'percent', 'en'), writeFigure(0.9212, 'number', 'en')]).toEqual(['92.1%', '0.921']);
    expect(writeSpan({ value: 0, low: -0.052, high: 0.01, cases: 60, patients: 57 }, 'percent', 'en')).toBe('-5.2–1.0%');
  });

  it('stand only in columns that the whole set can fill', () => {
    const overall = finished.figures?.overall;
    expect(overall === undefined ? [] : columnsOf(overall).map(({ key }) => key)).toEqual(['sensitivity', 'specificity', 'metric']);
    expect(isUntold(figureGroup.parse({ cases: 3, failed: 0, patients: null, sensitivity: null, specificity: null, mean_dice: [], volume_bias: [], absolute_volume_error: [], competition_performance_metric: null, sensitivity_at: [], median_s: null }))).toBe(true);
  });

  it('judge a case by what is there and what was reported', () => {
    const verdicts = finished.cases.slice(0, 6).map(verdictOf);
    expect(verdicts).toEqual(['truePositive', 'truePositive', 'falseNegative', 'trueNegative', 'falsePositive', null]);
  });
});
