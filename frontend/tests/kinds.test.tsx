// @vitest-environment happy-dom
import { readFileSync } from 'node:fs';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { studyResults, type Finding, type Result } from '@/contract/results';
import { chooseLanguage, startLanguages, type Language } from '@/i18n/language';
import { findingEntries } from '@/rooms/viewer/findings';
import { marksOf } from '@/rooms/viewer/useMarks';
import { Written } from '@/rooms/viewer/Written';

const { value } = JSON.parse(readFileSync('contract/fixtures/results-every-kind.json', 'utf8')) as { value: unknown };
const [result] = studyResults.parse(value).results as [Result];
const frame = result.frame_of_reference_uid;
const entries = findingEntries([result], []);
const of = (kind: Finding['kind']): Finding => result.findings.find((one) => one.kind === kind) as Finding;

async function words(finding: Finding, language: Language = 'en'): Promise<string> {
  await act(() => chooseLanguage(language));
  const box = document.body.appendChild(document.createElement('div'));
  const root = createRoot(box);
  act(() => root.render(<Written finding={finding} />));
  const said = box.textContent;
  act(() => root.unmount());
  box.remove();
  return said;
}

beforeAll(() => startLanguages());

describe('findings of every kind', () => {
  it('have a badge of their own, counted by kind', () => {
    expect(entries.map(({ badge }) => badge)).toEqual(['L1', 'L2', 'C1', 'M1', 'F1', 'A1', 'T1', 'X1']);
  });

  it('are seen on the images where they have a place and no outline', () => {
    const marks = marksOf(entries, frame, of('lesion').finding_id);
    expect(marks.map(({ box }) => box !== null)).toEqual([true, false, false]);
    expect(marks.map(({ isSelected }) => isSelected)).toEqual([true, false, false]);
    expect(marks[0]?.box?.edges[2]).toEqual([6, 0, 0]);
  });

  it('are not seen on images of another frame of reference, nor once they are rejected', () => {
    expect(marksOf(entries, '1.2.3', null)).toEqual([]);
    expect(marksOf(entries, null, null)).toEqual([]);
    const rejected = entries.map((entry) => ({ ...entry, finding: { ...entry.finding, review: { ...entry.finding.review, state: 'rejected' as const } } }));
    expect(marksOf(rejected, frame, null)).toEqual([]);
  });

  it('say how sure the model is, and that what is not chosen is not absent', async () => {
    expect(await words(of('class'))).toBe('Score 93 % · the plug-in decides for it');
    expect(await words({ ...of('class'), chosen: false })).toContain('does not mean absent');
    expect(await words({ ...of('class'), chosen: false }, 'zh')).toContain('不代表不存在');
  });

  it('show tables and sentences, and never take "not measured" for zero', async () => {
    expect(await words(of('table'))).toContain('Volume (mL)Left512');
    expect(await words(of('table'))).toContain('Rightnot measurable');
    expect(await words(of('text'), 'zh')).toBe('一个结节。');
  });
});
