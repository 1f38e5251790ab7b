// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { readFileSync } from 'node:fs';
import { act, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { studyResults, type Result, type Review } from '@/contract/results';
import { studyDetail } from '@/contract/study';
import { chooseLanguage, startLanguages, type Language } from '@/i18n/language';
import { AiStatus } from '@/rooms/viewer/AiStatus';
import { countingResults, replacedResults, standingResults } from '@/rooms/viewer/findings';
import { ResultNotices } from '@/rooms/viewer/ResultNotices';

const fixture = (name: string): unknown => (JSON.parse(readFileSync(`contract/fixtures/${name}.json`, 'utf8')) as { value: unknown }).value;
const study = studyDetail.parse(fixture('study'));
const [first] = studyResults.parse(fixture('results')).results as [Result];

const of = (revision: number, status: Result['status'], state: Review['state'] = 'unreviewed'): Result => ({
  ...first,
  result_id: `result ${revision}`,
  revision,
  status,
  findings: first.findings.map((finding) => ({ ...finding, review: { ...finding.review, state } })),
});
const signed = { results: [of(2, 'preliminary'), of(1, 'current', 'accepted')] };

let unmount: () => void = () => undefined;
async function show(children: ReactNode, language: Language = 'en'): Promise<string> {
  await act(() => chooseLanguage(language));
  const box = document.body.appendChild(document.createElement('div'));
  const root = createRoot(box);
  act(() => root.render(<MantineProvider>{children}</MantineProvider>));
  unmount = () => {
    act(() => root.unmount());
    box.remove();
  };
  return box.textContent;
}

beforeAll(() => startLanguages());
afterEach(() => unmount());

describe('a newer result beside a reviewed one', () => {
  it('is the one to review', () => {
    expect(countingResults(signed, study.runs).map(({ revision }) => revision)).toEqual([2]);
    expect(standingResults(signed, study.runs).map(({ revision }) => revision)).toEqual([1]);
  });

  it('does not hide the result of another series', () => {
    const other = { ...of(1, 'current', 'accepted'), series_instance_uid: '1.2.3' };
    expect(countingResults({ results: [of(2, 'preliminary'), other] }, study.runs)).toHaveLength(2);
  });

  it('is said to have one that stands, in both languages', async () => {
    expect(await show(<ResultNotices results={signed} runs={study.runs} />)).toContain('An accepted result of revision 1 stands until this one is reviewed');
    unmount();
    expect(await show(<ResultNotices results={signed} runs={study.runs} />, 'zh')).toContain('第 1 版');
  });

  it('tells calmly which reviewed result it has replaced, and nothing of one that nobody reviewed', async () => {
    const results = { results: [of(3, 'current', 'accepted'), of(2, 'superseded', 'rejected'), of(1, 'superseded')] };
    expect(replacedResults(results).map(({ revision }) => revision)).toEqual([2]);
    const said = await show(<ResultNotices results={results} runs={study.runs} />);
    expect(said).toContain('A reviewed result of revision 2 was superseded');
    expect(said).not.toContain('revision 1');
  });
});

describe('what does not look normal', () => {
  it('is a result of which nothing reached the PACS', async () => {
    const fault = { en: 'Nothing could be written.', zh: '无法生成。' };
    expect(await show(<ResultNotices results={{ results: [{ ...of(1, 'current', 'accepted'), objects_fault: fault }] }} runs={study.runs} />)).toContain(fault.en);
  });

  it('is a version that was withdrawn since, an unsigned package, and values that the hospital set', async () => {
    const [made] = studyResults.parse(fixture('results-every-kind')).results.flatMap(({ plugins }) => plugins);
    const plugins = made === undefined ? [] : [{ ...made, yanked: { at: '2026-11-22T10:00:00Z', reason: 'left and right are swapped' }, unsigned: true }];
    const said = await show(<ResultNotices results={{ results: [{ ...of(1, 'current', 'accepted'), plugins }] }} runs={study.runs} />);
    expect(said).toContain('was withdrawn');
    expect(said).toContain('left and right are swapped');
    expect(said).toContain('is not signed');
    expect(said).toContain('Least score: 0.6');
    expect(said).not.toContain('Least volume');
  });

  it('is a study whose only result was superseded by images that cannot be judged', async () => {
    const reasons = [{ en: 'Two images at one place.', zh: '同一位置有两幅图像。' }];
    const mute = { ...study, runs: study.runs.map((run) => ({ ...run, state: 'completed' as const })), ai: { ...study.ai, state: 'not_evaluable' as const, reasons } };
    expect(await show(<AiStatus study={mute} counting={[]} isLoading={false} />)).toContain(reasons[0]?.en);
  });
});
