// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { readFileSync } from 'node:fs';
import { act, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { addressOf, replaceItem, withProgress } from '@/api/worklist';
import { readMessage, waitBeforeTry } from '@/api/live';
import { studyResults, type Measurement } from '@/contract/results';
import { studyDetail } from '@/contract/study';
import { worklistPage, type AiSummary } from '@/contract/worklist';
import { formatAgo, formatMeasured } from '@/i18n/format';
import { chooseLanguage, startLanguages, type Language } from '@/i18n/language';
import { safeNext } from '@/rooms/login/safeNext';
import { FindingCard } from '@/rooms/viewer/FindingCard';
import { countingResults, findingEntries, firstSeries, neighbour } from '@/rooms/viewer/findings';
import { MeasuredValue } from '@/rooms/viewer/MeasuredValue';
import { AiChip } from '@/rooms/worklist/AiChip';
import { namesOf } from '@/ui/person';
import { backendFor } from '@/viewer/engine/backend';

// The card reaches the engine only for its types; the library itself needs a real browser.
vi.mock('@/viewer/engine', () => ({ PLANES: [], TOOLS: [], measurements: () => [], deleteMeasurement: () => false }));

const fixture = (name: string): unknown => (JSON.parse(readFileSync(`contract/fixtures/${name}.json`, 'utf8')) as { value: unknown }).value;
const list = worklistPage.parse(fixture('worklist'));
const study = studyDetail.parse(fixture('study'));
const results = studyResults.parse(fixture('results'));
const entries = findingEntries(countingResults(results), study.runs);

let unmount: () => void = () => undefined;
async function show(children: ReactNode, language: Language = 'en'): Promise<HTMLElement> {
  await act(() => chooseLanguage(language));
  const box = document.body.appendChild(document.createElement('div'));
  const root = createRoot(box);
  act(() => root.render(<MantineProvider>{children}</MantineProvider>));
  unmount = () => {
    act(() => root.unmount());
    box.remove();
  };
  return box;
}

beforeAll(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  await startLanguages();
});
afterEach(() => unmount());

const ai = (more: Partial<AiSummary>): AiSummary => ({ state: 'none', progress: null, finding_count: null, reasons: [], fault: null, run_id: null, ...more });
const volume = (more: Partial<Measurement>): Measurement => ({ name: 'v', title: { en: 'Volume', zh: '体积' }, value: 1310.4, unit: 'mL', bound: 'exact', method: 'm', ...more });

describe('unknown is not zero', () => {
  it('a volume that was not measured is said to be so', async () => {
    expect((await show(<MeasuredValue measurement={volume({ value: null })} />)).textContent).toContain('not measurable');
  });

  it('a liver at the edge of the scan is a lower bound, in both languages', async () => {
    expect((await show(<MeasuredValue measurement={volume({ bound: 'at_least' })} />)).textContent).toContain('≥ 1,310 mL in view');
    unmount();
    expect((await show(<MeasuredValue measurement={volume({ bound: 'at_least' })} />, 'zh')).textContent).toContain('视野内 ≥ 1,310 mL');
  });

  it('a finished run without a count is "done", not "no findings"', async () => {
    expect((await show(<AiChip ai={ai({ state: 'completed' })} />)).textContent).toContain('Done');
    unmount();
    expect((await show(<AiChip ai={ai({ state: 'completed', finding_count: 0 })} />)).textContent).toContain('No findings');
  });
});

describe('the AI chip', () => {
  const why = { en: 'Slices are missing', zh: '缺少层面' };

  it('says why a study could not be judged, and never looks like a normal result', async () => {
    const chip = await show(<AiChip ai={ai({ state: 'not_evaluable', reasons: [why] })} />, 'zh');
    expect(chip.textContent).toContain('无法评估');
    expect(chip.textContent).toContain('缺少层面');
    expect(chip.textContent).not.toContain('无发现');
  });

  it('says whose fault a failure is', async () => {
    expect((await show(<AiChip ai={ai({ state: 'failed', fault: 'platform' })} />)).textContent).toContain('cause: the platform');
  });

  it('tells beside the findings what could not be judged', async () => {
    expect((await show(<AiChip ai={ai({ state: 'completed', finding_count: 2, reasons: [why] })} />)).textContent).toContain('Slices are missing');
  });

  it('says that the server gave no reason rather than nothing', async () => {
    expect((await show(<AiChip ai={ai({})} />)).textContent).toContain('The server gave no reason');
  });

  it('rounds progress down: 99.9 % is not done', async () => {
    expect((await show(<AiChip ai={ai({ state: 'in_progress', progress: 0.999 })} />)).textContent).toContain('99 %');
  });
});

describe('a finding card', () => {
  const reviewing = { accept: vi.fn(), reject: vi.fn(), reset: vi.fn(), undo: vi.fn(), mayReview: true, isSaving: false };
  const card = (state: 'unreviewed' | 'accepted' | 'rejected') => {
    const [entry] = entries;
    if (entry === undefined) {
      throw new Error('the fixture has no finding');
    }
    const finding = { ...entry.finding, review: { state, by: 'Li Wei', at: null, reason: state === 'rejected' ? 'wrong_boundary' : null } };
    return <FindingCard slice={{ index: 23, count: 41 }} entry={{ ...entry, finding }} isSelected={false} reviewing={reviewing} onSelect={() => undefined} />;
  };
  const mark = (box: HTMLElement): Element | null => box.querySelector('[data-testid=provenance] [data-outline]');

  it('is dashed until a person has judged it', async () => {
    const box = await show(card('unreviewed'));
    expect(mark(box)?.getAttribute('data-outline')).toBe('dashed');
    expect(box.textContent).toContain('AI · Liver and liver lesions on CT 1.0.0 · not reviewed');
    expect(box.textContent).toContain('RUO');
    expect(box.textContent).toContain('reaches the edge of the scan');
  });

  it('offers no review to those who may not judge', async () => {
    const [entry] = entries;
    const shown = entry && <FindingCard slice={{ index: 23, count: 41 }} entry={entry} isSelected={false} reviewing={{ ...reviewing, mayReview: false }} onSelect={() => undefined} />;
    expect((await show(shown)).querySelector('[data-testid=accept]')).toBeNull();
  });

  it('is solid once accepted', async () => {
    expect(mark(await show(card('accepted')))?.getAttribute('data-outline')).toBe('solid');
  });

  it('is struck through once rejected, with the reason', async () => {
    const box = await show(card('rejected'));
    expect(mark(box)?.hasAttribute('data-struck')).toBe(true);
    expect(box.textContent).toContain('Wrong boundary');
  });
});

describe('findings', () => {
  it('are numbered by kind and know their plug-in', () => {
    expect(entries.map(({ badge }) => badge)).toEqual(['O1', 'L1', 'L2']);
    expect(entries[0]?.plugin?.id).toBe('org.allward.liver-ct');
  });

  it('of a superseded or withdrawn result do not count', () => {
    const old = results.results.map((one) => ({ ...one, status: 'superseded' as const }));
    expect(countingResults({ results: old })).toEqual([]);
  });

  it('go round: after the last comes the first', () => {
    expect(neighbour(entries, null, 1)?.badge).toBe('O1');
    expect(neighbour(entries, entries.at(-1)?.finding.finding_id ?? '', 1)?.badge).toBe('O1');
    expect(neighbour(entries, entries[0]?.finding.finding_id ?? '', -1)?.badge).toBe('L2');
    expect(neighbour([], null, 1)).toBeNull();
  });

  it('never open on a result series: the largest volume comes first, unless a link asks for another', () => {
    expect(firstSeries(study, null)?.description).toBe('Portal venous 5.0 B30f');
    expect(firstSeries(study, '2.25.3141592653589793238462643.900')?.description).toBe('Scout');
    expect(firstSeries({ ...study, series: study.series.filter((one) => one.is_result) }, null)).toBeNull();
  });
});

describe('names', () => {
  it('in characters come first, without a space between family and given name', () => {
    expect(namesOf({ alphabetic: 'OUYANG^FENG', ideographic: '欧阳^锋', phonetic: null })).toEqual({ main: '欧阳锋', second: 'OUYANG FENG' });
  });

  it('in characters that came in the first group are written like characters too', () => {
    expect(namesOf({ alphabetic: '张^三', ideographic: null, phonetic: null })).toEqual({ main: '张三', second: null });
  });

  it('that are empty are no names', () => {
    expect(namesOf({ alphabetic: '^', ideographic: '', phonetic: null })).toEqual({ main: null, second: null });
  });
});

describe('the worklist on the wire', () => {
  it('leaves unset filters out of the address', () => {
    expect(addressOf({ q: ' ', modality: null, ai: null, order: 'urgent' }, null)).toBe('/api/v1/worklist/?limit=100');
    expect(addressOf({ q: '张三', modality: 'CT', ai: 'failed', order: 'oldest' }, 'abc')).toBe(`/api/v1/worklist/?limit=100&q=${encodeURIComponent('张三')}&modality=CT&ai=failed&order=oldest&cursor=abc`);
  });

  const [first] = list.items;
  const data = { pages: [list], pageParams: [null] };

  it('puts a changed study in its place', () => {
    if (first === undefined) {
      throw new Error('the fixture is empty');
    }
    expect(replaceItem(data, { ...first, review: 'partly' })?.pages[0]?.items[0]?.review).toBe('partly');
  });

  it('asks the server where an unknown study, or one with another priority, belongs', () => {
    if (first === undefined) {
      throw new Error('the fixture is empty');
    }
    expect(replaceItem(data, { ...first, study_id: 'new' })).toBeNull();
    expect(replaceItem(data, { ...first, priority: 'LOW' })).toBeNull();
    expect(replaceItem(data, { ...first, priority: 'STAT', review: 'reviewed' })).toBeNull();
  });

  it('moves only the run that is meant, and never one that is over', () => {
    const [over, running] = list.items;
    if (over === undefined || running === undefined) {
      throw new Error('the fixture is too short');
    }
    expect(withProgress(running, running.study_id, running.ai.run_id ?? '', 0.9).ai.progress).toBe(0.9);
    expect(withProgress(running, running.study_id, 'another run', 0.9)).toBe(running);
    expect(withProgress(over, over.study_id, over.ai.run_id ?? '', 0.2)).toBe(over);
  });
});

describe('the live connection', () => {
  it('waits longer each time, up to 15 s, never in step with the others', () => {
    expect([0, 1, 2, 10].map((attempt) => waitBeforeTry(attempt, 0))).toEqual([500, 1000, 2000, 15_000]);
    expect(waitBeforeTry(10, 1)).toBeCloseTo(10_000);
  });

  it('takes no message that the contract does not know', () => {
    expect(readMessage('{"type":"study.deleted"}')).toBeNull();
    expect(readMessage('not json')).toBeNull();
    expect(readMessage(JSON.stringify(fixture('live-run-progress')))?.type).toBe('run.progress');
  });
});

describe('small decisions', () => {
  it('a sign-in leads only to pages of this site', () => {
    expect(['/v/1?f=2', null, 'https://elsewhere.example', '//elsewhere.example', '/\\elsewhere.example', '/login'].map((next) => safeNext(next, '/worklist'))).toEqual(['/v/1?f=2', ...Array<string>(5).fill('/worklist')]);
    expect(safeNext(null, '/engine')).toBe('/engine');
  });

  it('draws on the processor where graphics are made of software or missing, unless asked otherwise', () => {
    expect(backendFor(null, 'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)')).toBe('cpu');
    expect(backendFor(null, 'llvmpipe (LLVM 15)')).toBe('cpu');
    expect(backendFor(null, null)).toBe('cpu');
    expect(backendFor(null, 'ANGLE (NVIDIA GeForce RTX 4070)')).toBe('gpu');
    expect(backendFor('cpu', 'ANGLE (NVIDIA GeForce RTX 4070)')).toBe('cpu');
  });

  it('writes numbers with the digits that matter', () => {
    expect([1310.4, 99.94, 0.043, 0.0043].map((value) => formatMeasured(value, 'en'))).toEqual(['1,310', '99.9', '0.043', '0.0043']);
  });

  it('says how long ago in both languages', () => {
    const now = Date.parse('2026-11-22T09:00:00Z');
    expect(formatAgo('2026-11-22T08:39:00Z', now, 'zh')).toBe('21分钟前');
    expect(formatAgo('2026-11-22T08:59:50Z', now, 'en')).toBe('now');
  });
});
